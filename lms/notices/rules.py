"""When to try again, and which channels a notice takes. Pure."""

from __future__ import annotations

from datetime import timedelta

MOST_ATTEMPTS = 8
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts: 30 s, 1, 2, 4 … minutes, at most an hour; None: give up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    doubled: timedelta = _FIRST_WAIT * 2 ** (attempts - 1)
    return min(doubled, _LONGEST_WAIT)


def wanted(*, default: bool, fixed: bool, chosen: bool | None) -> bool:
    """Whether a channel is used: what is fixed stays, then the person's choice, then the kind's default."""
    if fixed or chosen is None:
        return default
    return chosen
