"""A one-time code goes to the person's own verified mobile. It is kept as a keyed digest only."""

from __future__ import annotations

import secrets

from lms.db.api import blind_index
from lms.player.data import CheckMethod
from lms.player.methods.base import Answer, Asked, Round


class SmsCode:
    code = CheckMethod.SMS_CODE

    def is_ready(self, asked: Asked) -> bool:
        return asked.mobile != ""

    def begin(self) -> Round:
        code, nonce = f"{secrets.randbelow(1_000_000):06d}", secrets.token_hex(8)
        return Round(f"{nonce}:{_digest(nonce, code)}", send=code)

    def again(self, secret: str) -> Round:
        return Round(secret)

    def on_screen(self, secret: str) -> Round:
        return Round(secret)

    def judge(self, secret: str, answer: str, asked: Asked) -> Answer:
        nonce, _, digest = secret.partition(":")
        return Answer.RIGHT if secrets.compare_digest(_digest(nonce, answer.strip()), digest) else Answer.WRONG


def _digest(nonce: str, code: str) -> str:
    return blind_index(f"{nonce}:{code}", purpose="player.presence_code")


METHOD = SmsCode()
