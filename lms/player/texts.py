"""Words for learners, in the language that is active."""

from __future__ import annotations

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
