"""Marks as people type them, turned into whole numbers or refused in words; never into decimals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.assessment.rules import HIGHEST, LOWEST
from lms.enrolment.api import Explanation
from lms.enrolment.data import ClassRunFacts, Refusal, Refused

ABSENT = "absent"


def day_input() -> forms.DateInput:
    """The browser's own day picker; it wants ISO days whatever the language."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamChoices:
    """What the timetable form offers: the class's exams and its filed assessors."""

    run: ClassRunFacts
    units: Mapping[str, str]
    assessors: Mapping[int, str]


class ExamForm(forms.Form):
    unit_key = forms.ChoiceField(label=gettext_lazy("Exam"))
    assessor_id = forms.TypedChoiceField(label=gettext_lazy("Assessor"), coerce=int)
    held_on = forms.DateField(label=gettext_lazy("Day"), widget=day_input())
    place = forms.CharField(label=gettext_lazy("Place"), max_length=200, required=False)

    def __init__(self, data: Any, *, choices: ExamChoices) -> None:
        super().__init__(data, initial={"place": choices.run.place})
        self.fields["unit_key"].choices = list(choices.units.items())  # type: ignore[attr-defined]
        self.fields["assessor_id"].choices = list(choices.assessors.items())  # type: ignore[attr-defined]

    def refuse(self, error: Refused, explain: Callable[[Refusal], Explanation]) -> None:
        """The form shows why the api refused."""
        for refusal in error.refusals:
            words = explain(refusal)
            self.add_error(None, f"{words.rule} {words.text} {words.fix}".strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedMarks:
    """What a sheet of marks says: scores (None: absent) and reasons by enrolment, and what can't be read."""

    scores: dict[int, int | None]
    reasons: dict[int, str]
    faults: dict[int, str]
    typed: dict[int, str]


def read_marks(values: Mapping[str, str], enrolment_ids: Collection[int]) -> TypedMarks:
    """The marks of these people in a posted sheet; empty fields are no marks. Fields `score-<id>`, `reason-<id>`."""
    scores: dict[int, int | None] = {}
    faults: dict[int, str] = {}
    typed: dict[int, str] = {}
    reasons: dict[int, str] = {}
    for enrolment_id in enrolment_ids:
        text = values.get(f"score-{enrolment_id}", "").strip()[:20]
        reasons[enrolment_id] = values.get(f"reason-{enrolment_id}", "").strip()[:300]
        if values.get(f"absent-{enrolment_id}") == ABSENT:
            text = ABSENT
        if not text:
            continue
        typed[enrolment_id] = text
        if text == ABSENT:
            scores[enrolment_id] = None
        elif text.isascii() and text.isdigit() and len(text) <= 3 and LOWEST <= int(text) <= HIGHEST:
            scores[enrolment_id] = int(text)
        else:
            faults[enrolment_id] = _("A whole number from %(low)s to %(high)s.") % {"low": LOWEST, "high": HIGHEST}
    return TypedMarks(scores=scores, reasons=reasons, faults=faults, typed=typed)
