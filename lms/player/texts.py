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


def no_checks() -> str:
    return _("This class has no presence checks; what you watch counts without one.")


def session_closed() -> str:
    return _("This play session is over. Press play to go on.")


def make_up_over() -> str:
    return _("The make-up days of this class are over; nothing can be confirmed any more.")


def nothing_waits() -> str:
    return _("Nothing waits for a confirmation.")


def check_not_shown() -> str:
    return _("Show the check first; its time runs from then on.")


def method_not_allowed() -> str:
    return _("This class does not offer that way of confirming. Choose one of those on the page.")


def code_not_sent() -> str:
    return _("The message could not be sent. Confirm another way.")


def check_passed() -> str:
    return _("Confirmed. The video goes on.")


def check_missed() -> str:
    return _("Please watch the minutes since the last check again; everything before them stays.")


def check_lapsed() -> str:
    return _("This check is over; a new one comes when you go on.")


def adjustment_own() -> str:
    return _("Nobody approves an adjustment for himself. Ask the service desk or the authority.")


def adjustment_not_allowed() -> str:
    return _("Only the service desk and the authority approve adjustments.")


def adjustment_reason() -> str:
    return _("Say in 4 to 200 characters why the adjustment is needed.")
