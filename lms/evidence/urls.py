from django.urls import path

from lms.evidence import views

app_name = "evidence"

urlpatterns = [
    path("api/v1/evidence/<slug:source>/", views.deliver, name="deliver"),
]
