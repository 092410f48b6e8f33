from django.urls import path

from lms.demo import views

app_name = "demo"
urlpatterns = [path("demo/roster.xlsx", views.roster_file, name="roster_file")]
