"""Why a stretch counts or does not, and what to do about it, in the caller's language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lms.evidence.data import ReasonCode
from lms.evidence.rulebook import VALUES_OF, WATCH_AGAIN
from lms.hours.api import explain_limits
from lms.hours.data import HourValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonWords:
    """`title` says what happened in a few words; `fix` says what to do, empty where nothing needs doing."""

    title: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWords:
    """The rule behind a reason. `values`: what the class's hour pack says, each with its reference; empty where no
    number could change the rule, which `text` then explains. `watch_again`: playing that part once more mends it."""

    text: str
    pack: str
    values: tuple[HourValue, ...]
    watch_again: bool


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


_RULES: dict[ReasonCode, Promise] = {
    ReasonCode.DUP_MEDIA: _("Each second of a lesson counts once, however often it is watched. This needs no number."),
    ReasonCode.OVER_WALL_CLOCK: _(
        "One minute of the clock counts once per person, over all classes, devices and kinds. This needs no number."
    ),
    ReasonCode.SPEED_CLIP: _("The first time, a lesson counts only as fast as the clock of the platform runs."),
    ReasonCode.NO_PRESENCE: _("Time counts up to the last time that you confirmed that you are there."),
    ReasonCode.SUPERSEDED: _(
        "One person learns in one place at a time: the device that started later counts. This needs no number."
    ),
    ReasonCode.DAILY_CAP: _("No more than so many periods count on one day."),
    ReasonCode.MIX_CAP: _("Only a share of the planned hours may be learnt online."),
    ReasonCode.OUT_OF_WINDOW: _("Only learning inside the dates of the filed class counts."),
    ReasonCode.BEFORE_FILING: _("Nothing counts before the authority has filed the class. This needs no number."),
    ReasonCode.NOT_ON_ROSTER: _("Only people on the filed roster can be credited. This needs no number."),
    ReasonCode.ATTENDANCE_BELOW: _("A live class counts only if enough of it was attended."),
    ReasonCode.ORDER_GATE: _("In this class practice counts only after the theory."),
    ReasonCode.CORRECTION: _(
        "Two people, one who proposes and one who approves, may correct an entry; both entries stay to be seen."
    ),
    ReasonCode.VOID_FRAUD: _("After a check two people may void time that was not learnt by the person themselves."),
    ReasonCode.OVER_LENGTH: _("A unit counts no more than its filed length, which stands in the plan of the class."),
    ReasonCode.OUTSIDE_SCHEDULE: _("Of a session only the scheduled time counts, however early people come."),
    ReasonCode.ON_BREAK: _("Breaks of the timetable are no learning time; their length stands in the timetable."),
    ReasonCode.ROLL_CALL: _(
        "Minutes after a roll call without an answer do not count until the next sign of presence."
    ),
    ReasonCode.NOT_SIGNED_OFF: _("Practice counts once its trainer has signed it off. This needs no number."),
}


def explain_rule(*, reason: ReasonCode, pack: str, category: str) -> RuleWords:
    """The rule behind a refusing reason with the values that hold for this category of classes. Raises UnknownPack."""
    wanted = VALUES_OF.get(reason, ())
    known = {value.name: value for value in explain_limits(pack=pack, category=category)} if wanted else {}
    return RuleWords(
        text=str(_RULES[reason]),
        pack=pack if wanted else "",
        values=tuple(known[name] for name in wanted),
        watch_again=reason in WATCH_AGAIN,
    )
