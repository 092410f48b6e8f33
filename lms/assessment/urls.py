from django.urls import path

from lms.assessment import views

app_name = "assessment"
urlpatterns = [
    path("assessment/", views.mine, name="mine"),
    path("assessment/classes/<int:class_run_id>/", views.schedule, name="schedule"),
    path("assessment/<int:exam_id>/", views.exam, name="exam"),
]
