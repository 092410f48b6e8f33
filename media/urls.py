from __future__ import annotations

from django.urls import path

from media.views import desk, uploads, watch

app_name = "media"
urlpatterns = [
    path("media-desk/", desk.desk, name="desk"),
    path("media-desk/<uuid:media_id>/", desk.video, name="video"),
    path("media-desk/<uuid:media_id>/captions/", desk.captions, name="captions"),
    path("media-desk/<uuid:media_id>/retry/", desk.retry, name="retry"),
    path("media-desk/<uuid:media_id>/remove/", desk.remove, name="remove"),
    path("api/v1/media/uploads/", uploads.uploads, name="uploads"),
    path("api/v1/media/uploads/<uuid:upload>/", uploads.upload, name="upload"),
    path("api/v1/media/uploads/<uuid:upload>/parts/", uploads.parts, name="parts"),
    path("api/v1/media/uploads/<uuid:upload>/complete/", uploads.complete, name="complete"),
    path("api/v1/media/<uuid:media_id>/", uploads.facts, name="facts"),
    path("api/v1/playback/<str:token>/<path:file>", watch.playback_file, name="playback"),
]
