from __future__ import annotations

from lms.player.camera.base import Likeness


class LocalCamera:
    """No face model is shipped, so no picture proves anything here: the person is always asked in another way.

    It never fakes a pass. A deployment that wants pictures to count names its own adapter.
    """

    code = "local"

    def compare(self, *, learner_id: int, picture: bytes) -> Likeness:
        return Likeness.CANNOT_SAY
