"""The words of every refusal of this package: what stands in the way, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lms.enrolment.api import Explanation
from lms.enrolment.data import Refusal

SEPARATION = "考培分离"

_WORDS: dict[str, tuple[str, object, object]] = {
    "teaches_and_assesses": (
        SEPARATION,
        _("Whoever teaches class %(number)s may not assess it: training and assessment must be separate."),
        _("Let an assessor who does not teach the class enter the marks."),
    ),
    "not_a_filed_assessor": (
        SEPARATION,
        _("This person is not among the assessors filed for class %(number)s."),
        _("Choose one of the filed assessors."),
    ),
    "not_an_assessor": (
        "",
        _("The person holds no assessor's role today."),
        _("Ask the assessment body to renew the role."),
    ),
    "not_an_exam_unit": ("", _("This unit of the course is no exam."), _("Choose an assessment unit.")),
    "unknown_unit": ("", _("The course has no such unit."), _("Choose an assessment unit.")),
    "class_cancelled": ("", _("Class %(number)s is cancelled."), _("Choose another class.")),
    "exam_before_class": (
        "",
        _("The exam would take place before the class starts on %(first)s."),
        _("Choose a later day."),
    ),
    "exam_exists": (
        "",
        _("This assessor has this exam of the class on that day already."),
        _("Open the one that exists."),
    ),
    "mark_out_of_range": (
        "",
        _("A mark is a whole number from %(low)s to %(high)s."),
        _("Enter the mark again, without decimals; leave it empty for people who were not marked."),
    ),
    "exam_not_yet": ("", _("The exam takes place on %(day)s."), _("Enter marks from that day on.")),
    "not_a_candidate": ("", _("The person is not on the roster of this class."), _("Reload the list.")),
    "assesses_himself": ("", _("Nobody marks himself."), _("Ask another assessor.")),
    "class_not_filed": (
        "",
        _("The class is not filed with the authority, so nothing can count."),
        _("Ask the training provider."),
    ),
    "reason_missing": (
        "",
        _("A sealed mark (version %(version)s) is only replaced with a reason."),
        _("Write why the mark changes; the old one stays on record."),
    ),
    "not_declared": (
        SEPARATION,
        _("The declaration is missing that you did not teach these people and have no interest in the result."),
        _("Read it and tick it."),
    ),
    "nothing_entered": ("", _("No mark was entered."), _("Enter at least one mark.")),
}


def explain(refusal: Refusal) -> Explanation:
    """What a person reads about the refusal, in the active language."""
    rule, text, fix = _WORDS[refusal.code]
    return Explanation(rule=rule, text=str(text) % refusal.params, fix=str(fix) % refusal.params)
