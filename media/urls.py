from __future__ import annotations

from django.urls import path

from media import views, views_api

app_name = "media"
urlpatterns = [
    path("media-desk/", views.desk, name="desk"),
    path("media-desk/<uuid:media_id>/", views.video, name="video"),
    path("media-desk/<uuid:media_id>/captions/", views.captions, name="captions"),
    path("media-desk/<uuid:media_id>/retry/", views.retry, name="retry"),
    path("media-desk/<uuid:media_id>/remove/", views.remove, name="remove"),
    path("api/v1/media/uploads/", views_api.uploads, name="uploads"),
    path("api/v1/media/uploads/<uuid:upload>/", views_api.upload, name="upload"),
    path("api/v1/media/uploads/<uuid:upload>/parts/", views_api.parts, name="parts"),
    path("api/v1/media/uploads/<uuid:upload>/complete/", views_api.complete, name="complete"),
    path("api/v1/media/<uuid:media_id>/", views_api.facts, name="facts"),
    path("api/v1/playback/<str:token>/<path:file>", views_api.playback_file, name="playback"),
]
