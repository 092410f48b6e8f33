"""Why a stretch counts or does not, and what to do about it, in the caller's language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lms.evidence.data import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonWords:
    """`title` says what happened in a few words; `fix` says what to do, empty where nothing needs doing."""

    title: str
    fix: str


_WORDS: dict[ReasonCode, tuple[Promise, Promise | str]] = {
    ReasonCode.WATCHED: (_("Watched"), ""),
    ReasonCode.LIVE_ATTENDED: (_("Attended live"), ""),
    ReasonCode.PRACTISED: (_("Practised"), ""),
    ReasonCode.MENTORED: (_("Mentored"), ""),
    ReasonCode.EXAMINED: (_("Exam mark"), ""),
    ReasonCode.DUP_MEDIA: (
        _("Already counted"),
        _("This part was credited before. Watch the parts that are still grey."),
    ),
    ReasonCode.OVER_WALL_CLOCK: (
        _("Time counted elsewhere"),
        _("The same minutes were already credited for other learning. Nobody learns in two places at once."),
    ),
    ReasonCode.SPEED_CLIP: (
        _("Played too fast"),
        _("Watch at normal speed. The part that was skipped can be watched again."),
    ),
    ReasonCode.NO_PRESENCE: (
        _("Presence not confirmed"),
        _("Watch this part again and tap the button when the page asks whether you are there."),
    ),
    ReasonCode.SUPERSEDED: (
        _("Another device took over"),
        _("You started learning on another device, so this one stopped counting. Use one device at a time."),
    ),
    ReasonCode.DAILY_CAP: (
        _("Over the daily limit"),
        _("Today's hours are full. Watch this part again tomorrow and it counts."),
    ),
    ReasonCode.MIX_CAP: (_("Over the online share"), _("This class allows no more online hours. Go on with practice.")),
    ReasonCode.OUT_OF_WINDOW: (
        _("Outside the class dates"),
        _("Only learning between the first and the last day of the class counts. Ask your provider about a make-up."),
    ),
    ReasonCode.BEFORE_FILING: (
        _("Before the class was filed"),
        _("Hours count from the day on which the authority has filed the class. Learn this part again."),
    ),
    ReasonCode.NOT_ON_ROSTER: (_("Not on the roster"), _("Ask your provider to put you on the roster of this class.")),
    ReasonCode.ATTENDANCE_BELOW: (
        _("Attendance too short"),
        _("At least 80 % of the live class is needed. Ask your provider about a make-up class."),
    ),
    ReasonCode.ORDER_GATE: (_("Theory not finished yet"), _("Finish all theory videos first; then practice counts.")),
    ReasonCode.CORRECTION: (_("Corrected"), _("The provider corrected this entry; the statement names both entries.")),
    ReasonCode.VOID_FRAUD: (
        _("Voided after a check"),
        _("If you disagree, ask for help from this page within 10 working days."),
    ),
    ReasonCode.OVER_LENGTH: (_("Beyond the planned length"), _("This unit is already credited in full.")),
    ReasonCode.OUTSIDE_SCHEDULE: (_("Outside the timetable"), _("Only the scheduled time of the session counts.")),
    ReasonCode.ON_BREAK: (_("Break"), ""),
    ReasonCode.ROLL_CALL: (
        _("Roll call not answered"),
        _("Answer the roll call next time; the minutes before it are kept."),
    ),
    ReasonCode.NOT_SIGNED_OFF: (_("Not signed off yet"), _("Ask the trainer to sign off the practice session.")),
}


def explain_reason(*, reason: ReasonCode) -> ReasonWords:
    """The words for a reason code; every code has some."""
    title, fix = _WORDS[reason]
    return ReasonWords(title=str(title), fix=str(fix))
