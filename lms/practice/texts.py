"""The words of every refusal of this package: what stands in the way, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lms.enrolment.api import Explanation
from lms.enrolment.data import Refusal

_WORDS: dict[str, tuple[str, object, object]] = {
    # codes
    "code_unknown": (
        "",
        _("This is no sign-in code of Zhipei Cloud."),
        _("Scan the picture on the base's screen again."),
    ),
    "code_expired": (
        "",
        _("This code is too old: each code is good for half a minute, screenshots don't work."),
        _("Scan the picture that is on the screen now."),
    ),
    "code_is_for_in": (
        "",
        _("This is the sign-in code, you wanted to sign out."),
        _("Ask the staff to switch the screen to sign-out, then scan again."),
    ),
    "code_is_for_out": (
        "",
        _("This is the sign-out code, you wanted to sign in."),
        _("Ask the staff to switch the screen to sign-in, then scan again."),
    ),
    "digits_malformed": ("", _("The code has six digits."), _("Type the six digits on the base's screen.")),
    "digits_unknown": (
        "",
        _("These digits are wrong or too old, or they belong to another class."),
        _("Type the digits that are on the screen of your own class now."),
    ),
    # who
    "other_class": (
        "",
        _("This code belongs to another class's practice (%(session)s); you are not on its roster."),
        _("Look for the screen of your own class, or ask the trainer."),
    ),
    "not_on_roster": (
        "",
        _("You have been taken off this class's roster."),
        _("Ask your employer or the training provider."),
    ),
    "class_not_filed": (
        "",
        _("The class is not filed with the authority, so nothing can count."),
        _("Ask the training provider."),
    ),
    "confirms_himself": ("", _("Nobody confirms his own attendance."), _("Ask another member of staff.")),
    # when
    "too_early": (
        "",
        _("Sign-in opens at %(opens)s; the session starts at %(starts)s."),
        _("Come back then and scan again."),
    ),
    "session_over": (
        "",
        _("The session ended at %(ended)s, so nobody can sign in any more."),
        _("Ask the provider about the next session."),
    ),
    "signed_out_already": (
        "",
        _("You signed out at %(at)s."),
        _("That stands. If it was a mistake, tell the trainer."),
    ),
    "not_signed_in": (
        "",
        _("You have not signed in to this session, so there is nothing to sign out of."),
        _("Scan the sign-in code first. If you forgot it this morning, tell the trainer."),
    ),
    "out_before_in": ("", _("You signed in this very moment."), _("Sign out when you leave.")),
    "sign_out_closed": (
        "",
        _("Sign-out closed at %(closed)s. Without a sign-out the session counts as 0."),
        _("Ask the base for a correction: one member of staff enters it, a second one approves it."),
    ),
    "session_cancelled": ("", _("The session “%(session)s” is cancelled."), _("Ask the provider for the new date.")),
    # timetable
    "unknown_unit": ("", _("The course has no such unit."), _("Choose a practice unit of the course.")),
    "not_a_practice_unit": ("", _("This unit is not practice."), _("Choose a practice unit of the course.")),
    "class_cancelled": ("", _("Class %(number)s is cancelled."), _("Choose another class.")),
    "other_base": ("", _("This is not the base that was filed for the class."), _("Choose the filed base.")),
    "not_a_trainer_here": ("", _("This person does not teach the class."), _("Choose a trainer of the class.")),
    "session_ends_before_start": (
        "",
        _("The session would end before it starts."),
        _("Choose an end after the start."),
    ),
    "session_too_long": ("", _("A session lasts %(hours)s hours at most."), _("Make two sessions.")),
    "session_in_the_past": (
        "",
        _("The session would start in the past; attendance is never entered backwards."),
        _("Choose a start that lies ahead."),
    ),
    "outside_class": (
        "",
        _("The class runs from %(first)s to %(last)s; the session lies outside."),
        _("Choose a day of the class."),
    ),
    "breaks_misfit": (
        "",
        _("Breaks must lie inside the session, one after the other."),
        _("Correct the times of the breaks."),
    ),
    "trainer_busy": (
        "",
        _("The trainer has another practice session at this time."),
        _("Choose another trainer or time."),
    ),
    "somebody_signed_in": (
        "",
        _("Somebody has signed in already; the session takes place."),
        _("Let people sign out when it ends."),
    ),
    "reason_missing": ("", _("The reason is missing."), _("Write in a few words why.")),
    # sign-off and corrections
    "not_signed_in_yet": (
        "",
        _("Nobody to sign off: %(people)s of the chosen people have not signed in."),
        _("Choose people who have signed in."),
    ),
    "nothing_to_confirm": ("", _("There is no sign to confirm."), _("Look at the list again.")),
    "session_not_over": (
        "",
        _("The session runs until %(ends)s."),
        _("People can still sign out by themselves; corrections come after the end."),
    ),
    "correction_out_of_range": (
        "",
        _("The sign-out must lie between %(from)s and %(to)s."),
        _("Enter when the person really left."),
    ),
    "correction_waits": ("", _("A correction of this person waits for approval."), _("Decide that one first.")),
    "second_person_needed": (
        "",
        _("A correction needs two people: who proposed it can't approve it."),
        _("Ask another member of staff."),
    ),
    "signed_out_meanwhile": ("", _("The person has a sign-out by now."), _("Nothing to do.")),
    "correction_decided": ("", _("Somebody has decided this correction already."), _("Open the session again.")),
}


def explain(refusal: Refusal) -> Explanation:
    """What a person reads about the refusal, in the active language."""
    rule, text, fix = _WORDS[refusal.code]
    return Explanation(rule=rule, text=str(text) % refusal.params, fix=str(fix) % refusal.params)
