from django.urls import path

from lms.player import views

app_name = "player"
urlpatterns = [
    path("learn/<int:enrolment_id>/<str:unit_key>/", views.watch, name="watch"),
    path("api/v1/play-sessions/", views.open_session, name="open"),
    path("api/v1/play-sessions/<uuid:session>/progress/", views.progress, name="progress"),
    path("api/v1/play-sessions/<uuid:session>/checks/", views.request_check, name="request_check"),
    path("api/v1/play-sessions/<uuid:session>/checks/<uuid:check>/", views.answer_check, name="answer_check"),
    path("api/v1/play-sessions/<uuid:session>/checks/<uuid:check>/shown/", views.show_check, name="show_check"),
    path("api/v1/play-sessions/<uuid:session>/checks/<uuid:check>/method/", views.change_method, name="change_method"),
    path("api/v1/presence-checks/<uuid:check>/confirm/", views.supervise, name="supervise"),
    path("api/v1/play-sessions/<uuid:session>/playback/", views.playback, name="playback"),
]
