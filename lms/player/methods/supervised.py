"""A named supervisor, who has the person before the eyes, confirms (`api.confirm_supervised`)."""

from __future__ import annotations

from lms.player.data import CheckMethod
from lms.player.methods.base import Answer, Asked, Round


class Supervised:
    code = CheckMethod.SUPERVISED

    def is_ready(self, asked: Asked) -> bool:
        return asked.supervisor_id is not None

    def begin(self) -> Round:
        return Round("supervisor")

    def again(self, secret: str) -> Round:
        return Round(secret)

    def on_screen(self, secret: str) -> Round:
        return Round(secret)

    def judge(self, secret: str, answer: str, asked: Asked) -> Answer:
        """Nothing that the person's own page says proves anything here."""
        return Answer.CANNOT_SAY


METHOD = Supervised()
