"""Lengths of time as a worker reads them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lms.lib.periods import periods_text


def length_text(seconds: int) -> str:
    """ "45 min", "2 min 15 s" or "15 s"; a minus before it where time was taken back."""
    minutes, rest = divmod(abs(seconds), 60)
    if minutes and rest:
        text = _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    elif minutes:
        text = minutes_text(minutes)
    else:
        text = _("%(seconds)s s") % {"seconds": rest}
    return f"−{text}" if seconds < 0 else text


def minutes_text(minutes: int) -> str:
    """Whole minutes."""
    return _("%(minutes)s min") % {"minutes": minutes}


def short_periods(seconds: int) -> str:
    """Periods with a decimal only where there is one: "1.9", "2"."""
    return periods_text(seconds).removesuffix(".0")


def list_text(words: Sequence[str]) -> str:
    """The words one after the other, as the language of the reader strings them together."""
    return pgettext("between the words of a list", ", ").join(words)
