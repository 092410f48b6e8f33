"""Who compares a still picture with a person. The protocol is in docs/adapters.md."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from lms.player.camera.base import CameraAdapter

_SHIPPED = {
    "local": "lms.player.camera.local.LocalCamera",
    "failing": "lms.player.camera.failing.FailingCamera",
}


def camera_adapter() -> CameraAdapter | None:
    """The adapter in force (PRESENCE_CAMERA: a shipped one or the dotted path of another); None: pictures are off."""
    named = str(settings.PRESENCE_CAMERA)
    if named == "off":
        return None
    adapter: CameraAdapter = import_string(_SHIPPED.get(named, named))()
    return adapter
