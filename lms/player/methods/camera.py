"""One still picture, compared by an outside party, only with the person's separate consent and never the only way."""

from __future__ import annotations

import base64
import binascii

import structlog

from lms.player.camera import camera_adapter
from lms.player.camera.base import CameraAway, Likeness
from lms.player.data import CheckMethod
from lms.player.methods.base import Answer, Asked, Round

log = structlog.get_logger(__name__)
LARGEST_BYTES = 300_000
_JPEG = b"\xff\xd8\xff"
_ANSWERS = {
    Likeness.SAME: Answer.RIGHT,
    Likeness.DIFFERENT: Answer.WRONG,
    Likeness.CANNOT_SAY: Answer.CANNOT_SAY,
}


class Camera:
    code = CheckMethod.CAMERA

    def is_ready(self, asked: Asked) -> bool:
        return asked.face_consent and camera_adapter() is not None

    def begin(self) -> Round:
        return Round("picture")

    def again(self, secret: str) -> Round:
        return Round(secret)

    def on_screen(self, secret: str) -> Round:
        return Round(secret)

    def judge(self, secret: str, answer: str, asked: Asked) -> Answer:
        """The picture is handed on and forgotten; nothing of it is kept here."""
        adapter = camera_adapter()
        picture = _jpeg(answer)
        if adapter is None or picture is None or not asked.face_consent:
            return Answer.CANNOT_SAY
        try:
            return _ANSWERS[adapter.compare(learner_id=asked.learner_id, picture=picture)]
        except CameraAway as error:
            log.warning("camera_adapter_away", adapter=adapter.code, error=str(error))
            return Answer.CANNOT_SAY


def _jpeg(text: str) -> bytes | None:
    try:
        picture = base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return picture if picture.startswith(_JPEG) and len(picture) <= LARGEST_BYTES else None


METHOD = Camera()
