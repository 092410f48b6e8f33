from __future__ import annotations

from typing import NoReturn

from lms.player.camera.base import CameraAway


class FailingCamera:
    """A party that never answers, so that the failure is rehearsed."""

    code = "failing"

    def compare(self, *, learner_id: int, picture: bytes) -> NoReturn:
        raise CameraAway("the failing adapter compares no picture")
