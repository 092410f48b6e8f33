from django.urls import path

from lms.player import views

app_name = "player"
urlpatterns = [
    path("learn/<int:enrolment_id>/<str:unit_key>/", views.watch, name="watch"),
    path("api/v1/play-sessions/", views.open_session, name="open"),
    path("api/v1/play-sessions/<uuid:session>/progress/", views.progress, name="progress"),
    path("api/v1/play-sessions/<uuid:session>/playback/", views.playback, name="playback"),
]
