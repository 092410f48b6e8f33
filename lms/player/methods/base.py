"""What each way of showing presence must do. One file each beside this one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from lms.player.data import CheckMethod


class Answer(StrEnum):
    """What an answer proves. CANNOT_SAY costs nothing: the person is asked in another way."""

    RIGHT = "right"
    WRONG = "wrong"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked, as far as a method must know. `mobile` is verified; `supervisor_id` looks after the person now."""

    learner_id: int
    mobile: str
    language: str
    face_consent: bool
    supervisor_id: int | None


class Round(NamedTuple):
    """One asking. `secret` is kept; `code` and `choices` are shown; `send` goes to the person's mobile."""

    secret: str
    code: str = ""
    choices: tuple[str, ...] = ()
    send: str = ""


class Method(Protocol):
    """One way of showing presence. Nothing here touches the database: an answer may be judged before any lock."""

    code: CheckMethod

    def is_ready(self, asked: Asked) -> bool:
        """Whether this person can answer this way now."""
        ...

    def begin(self) -> Round:
        """A first asking."""
        ...

    def again(self, secret: str) -> Round:
        """The next asking after an answer that proved nothing."""
        ...

    def on_screen(self, secret: str) -> Round:
        """The asking that is on the screen already, for a page that has lost it."""
        ...

    def judge(self, secret: str, answer: str, asked: Asked) -> Answer:
        """What the answer proves. Raises nothing: whatever an outside party does, the person is never stuck."""
        ...
