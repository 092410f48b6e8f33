"""What each rule saw, what it may mean and what may be behind it, in words for the officer who decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.oversight.data import FlagState, SubjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWords:
    """`seen` takes the flag's figures; `honest` tells what an honest person may have done to look like this."""

    title: Promise
    seen: Promise
    means: Promise
    honest: Promise


WORDS: Mapping[str, RuleWords] = {
    "claimed_time": RuleWords(
        title=_("More time claimed than passed"),
        seen=_(
            "The page asked for %(asked_seconds)s; for %(claimed_seconds)s of it no time had passed on the server's "
            "clock. Nothing of that was credited."
        ),
        means=_("Recorded beats may have been sent again, or two pages may have shared one session."),
        honest=_("A phone whose clock stood still or jumped while the network was away."),
    ),
    "forged_sequence": RuleWords(
        title=_("Beat numbers that no page writes"),
        seen=_(
            "Of %(beats)s beats in one session %(repeated)s carried a number that had been used before, "
            "and %(missing)s numbers were left out."
        ),
        means=_("Beats may have been copied, invented or sent by somebody else who got hold of the session."),
        honest=_("A browser that lost its storage in the middle of a lesson; it happens seldom and once."),
    ),
    "late_share": RuleWords(
        title=_("Most of a day arrived late"),
        seen=_("%(played_seconds)s were played that day; %(late_seconds)s of it arrived late."),
        means=_("The learning may have been invented afterwards and sent from a queue."),
        honest=_("Learning on the way to work, in a basement or on a site with a weak network."),
    ),
    "looped_play": RuleWords(
        title=_("The same part over and over"),
        seen=_("%(played_seconds)s were played on %(covered_seconds)s of video."),
        means=_("A video may have been left running in a loop while nobody watched."),
        honest=_("Practising a movement or a calculation along with the video, again and again."),
    ),
    "night_run": RuleWords(
        title=_("Hours of video at night"),
        seen=_("%(night_seconds)s were played between midnight and five in the morning."),
        means=_("A script or an idle device may have run while the learner slept."),
        honest=_("Shift workers and parents learn at night. Ask about working hours first."),
    ),
    "perfect_rhythm": RuleWords(
        title=_("A rhythm without any variation"),
        seen=_("%(same)s of %(beats)s stretches were exactly %(length_ms)s ms long, to the millisecond."),
        means=_("A script may have written the beats: a browser closes each stretch some milliseconds late."),
        honest=_("We know of no browser that does this. Ask for the model of the device before you decide."),
    ),
    "played_on": RuleWords(
        title=_("Two devices at the same time"),
        seen=_(
            "Pages played on for %(played_on_seconds)s after another device had taken over; "
            "%(hand_overs)s hand-overs in %(sessions)s sessions that day. Only one of them was credited."
        ),
        means=_("Two devices may have played different lessons at once, or somebody else used the account."),
        honest=_("An old page left open on a device without network, which could not learn that it had been replaced."),
    ),
    "shared_device": RuleWords(
        title=_("Many people on one device"),
        seen=_("%(people)s people opened a lesson with the same address and browser that day."),
        means=_("One person may have learned for others."),
        honest=_(
            "A family phone, a learning point, or phones of one model behind the same network of a firm. "
            "Sharing alone never blocks or voids anything."
        ),
    ),
    "speed_anomaly": RuleWords(
        title=_("More video than time"),
        seen=_("%(asked_seconds)s of video were claimed for %(passed_seconds)s of time; %(clipped_seconds)s were cut."),
        means=_("The video may have been played faster than allowed, or a script named places that never played."),
        honest=_("A browser extension that changes the speed of every video, unknown to the learner."),
    ),
    "two_places": RuleWords(
        title=_("In two places at once"),
        seen=_(
            "A video played for %(live_seconds)s during a live class and for %(practice_seconds)s while the learner "
            "was signed in at a practice base."
        ),
        means=_("Somebody else may have watched for the learner, or signed in for the learner."),
        honest=_("A lesson left running on the phone in the pocket, or a sign-out entered too late."),
    ),
}


def in_words(rule: str, figures: Mapping[str, int]) -> str:
    """What was seen, lengths of time as people read them."""
    readable = {name: _length(figure) if name.endswith("_seconds") else figure for name, figure in figures.items()}
    return str(WORDS[rule].seen) % readable


def _length(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}


STATE_WORDS = {
    FlagState.OPEN: _("Waiting"),
    FlagState.CLEARED: _("Cleared"),
    FlagState.CONFIRMED: _("Confirmed"),
}
STATE_TONES = {FlagState.OPEN: "warn", FlagState.CLEARED: "ok", FlagState.CONFIRMED: "bad"}
SUBJECT_WORDS = {
    SubjectKind.LEARNER: _("A day of a learner"),
    SubjectKind.SESSION: _("A play session"),
    SubjectKind.DEVICE: _("A device"),
}
REFUSALS = {
    "reason_needed": _("A decision on a flag needs a reason. Choose an outcome and write what you found out."),
    "already_so": _("This flag has been decided so already. Nothing was changed."),
    "decided_meanwhile": _("A colleague decided on this flag a moment ago. Read that decision first."),
}
