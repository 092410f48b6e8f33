"""Words for learners, in the language that is active."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _

from lms.lib.localday import local_day


def not_video() -> str:
    return _("This unit is not a video. Open it from the class page.")


def media_not_ready() -> str:
    return _("This video is still being prepared. Try again in a few minutes.")


def not_on_roster() -> str:
    return _("You are no longer on the roster of this class. You can watch, but it does not count.")


def before_filing() -> str:
    return _("This class has not been filed yet. You can watch, but hours count only after the filing.")


def before_window(starts_at: datetime) -> str:
    return _("The class starts on %(day)s. You can watch now, but hours count only from that day.") % {
        "day": local_day(starts_at).isoformat()
    }


def out_of_window() -> str:
    return _("The class is over. You can watch again, but no hours count any more.")


def complete() -> str:
    return _("This lesson counts in full already. You can watch it again; it does not count twice.")


def daily_cap() -> str:
    return _("Today's limit is reached. You can go on watching; it counts again from tomorrow.")


_REASONS: dict[str, Callable[[], str]] = {
    "dup_media": lambda: _("Watched and counted before"),
    "over_wall_clock": lambda: _("Reported later than the server allows, or at the same time as something else"),
    "speed_clip": lambda: _("Skipped or played too fast"),
    "no_presence": lambda: _("Nobody answered the presence check"),
    "superseded": lambda: _("Another lesson or device had taken over"),
    "daily_cap": lambda: _("Over today's limit; watch it again tomorrow"),
    "mix_cap": lambda: _("Over the share of online learning in this class"),
    "out_of_window": lambda: _("Outside the dates of the class"),
    "before_filing": lambda: _("Before the class was filed"),
    "not_on_roster": lambda: _("You were not on the roster"),
    "order_gate": lambda: _("The lessons before this one come first"),
    "over_length": lambda: _("Beyond the end of the video"),
    "correction": lambda: _("Taken back by a correction"),
    "void_fraud": lambda: _("Declared void"),
}


def reason(code: str) -> str:
    """Why a stretch did not count, in plain words."""
    words = _REASONS.get(code)
    return words() if words else code
