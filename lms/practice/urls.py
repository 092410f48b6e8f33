from django.urls import path

from lms.practice import views

app_name = "practice"
urlpatterns = [
    path("practice/", views.overview, name="overview"),
    path("practice/scan/", views.scan, name="scan"),
    path("practice/classes/<int:class_run_id>/new/", views.schedule, name="schedule"),
    path("practice/corrections/<int:correction_id>/", views.decide, name="decide"),
    path("practice/<int:session_id>/", views.session, name="session"),
    path("practice/<int:session_id>/board/", views.board, name="board"),
    path("practice/<int:session_id>/board/part/", views.board_part, name="board_part"),
    path("practice/<int:session_id>/confirm/", views.confirm, name="confirm"),
    path("practice/<int:session_id>/sign-off/", views.sign_off, name="sign_off"),
    path("practice/<int:session_id>/corrections/", views.propose, name="propose"),
    path("practice/<int:session_id>/cancel/", views.cancel, name="cancel"),
]
