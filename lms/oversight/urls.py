from django.urls import path

from lms.oversight import views

app_name = "oversight"
urlpatterns = [
    path("oversight/flags/", views.flags, name="flags"),
    path("oversight/flags/<int:flag_id>/", views.flag, name="flag"),
    path("oversight/flags/<int:flag_id>/decide/", views.decide, name="decide"),
]
