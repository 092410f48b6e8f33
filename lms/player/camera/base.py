from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Likeness(StrEnum):
    """What an outside party makes of a picture."""

    SAME = "same"
    DIFFERENT = "different"
    CANNOT_SAY = "cannot_say"


class CameraAway(ConnectionError):
    """The outside party did not answer. Nobody is failed for it."""


class CameraAdapter(Protocol):
    """One party that compares a still picture (JPEG) with the person it knows under this number."""

    code: str

    def compare(self, *, learner_id: int, picture: bytes) -> Likeness:
        """Whether it is this person. Raises CameraAway within five seconds when there is no answer.

        The picture is not kept: neither here nor, by contract, there.
        """
        ...
