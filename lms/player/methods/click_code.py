"""Two digits are shown; the person picks them among several buttons."""

from __future__ import annotations

import secrets

from lms.player.data import CheckMethod
from lms.player.methods.base import Answer, Asked, Round

CHOICES = 6


class ClickCode:
    code = CheckMethod.CLICK_CODE

    def is_ready(self, asked: Asked) -> bool:
        return True

    def begin(self) -> Round:
        numbers = secrets.SystemRandom().sample(range(10, 100), CHOICES)
        return self.on_screen(f"{secrets.choice(numbers)}|{','.join(map(str, numbers))}")

    def again(self, secret: str) -> Round:
        return self.begin()

    def on_screen(self, secret: str) -> Round:
        code, _, choices = secret.partition("|")
        return Round(secret, code, tuple(choices.split(",")))

    def judge(self, secret: str, answer: str, asked: Asked) -> Answer:
        return Answer.RIGHT if answer.strip() == secret.partition("|")[0] else Answer.WRONG


METHOD = ClickCode()
