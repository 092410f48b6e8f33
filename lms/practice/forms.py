"""What people type into the pages of practice, turned into values; what does not fit is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.enrolment.api import Explanation
from lms.enrolment.data import ClassRunFacts, Refusal, Refused
from lms.lib.localday import SHANGHAI
from lms.practice.data import PracticeSessionFacts


def day_input() -> forms.DateInput:
    """The browser's own day picker; it wants ISO days whatever the language."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_input() -> forms.TimeInput:
    """The browser's own clock picker."""
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChoices:
    """What the timetable form offers: the class's practice units, trainers and its base."""

    run: ClassRunFacts
    units: Mapping[str, str]
    trainers: Mapping[int, str]
    base_id: int
    base_name: str


class SessionForm(forms.Form):
    unit_key = forms.ChoiceField(label=_("Practice unit"))
    trainer_id = forms.TypedChoiceField(label=pgettext_lazy("practice", "Trainer"), coerce=int)
    day = forms.DateField(label=_("Day"), widget=day_input())
    starts = forms.TimeField(label=_("Starts at"), widget=time_input())
    ends = forms.TimeField(label=_("Ends at"), widget=time_input())
    break_from = forms.TimeField(label=_("Break from"), required=False, widget=time_input())
    break_to = forms.TimeField(label=_("Break to"), required=False, widget=time_input())
    place = forms.CharField(label=_("Room or station"), max_length=200, required=False)

    def __init__(self, data: Any, *, choices: ScheduleChoices) -> None:
        super().__init__(data, initial={"place": choices.run.place})
        self.choices = choices
        self.fields["unit_key"].choices = list(choices.units.items())  # type: ignore[attr-defined]
        self.fields["trainer_id"].choices = list(choices.trainers.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if bool(values.get("break_from")) != bool(values.get("break_to")):
            self.add_error("break_to", _("A break has both a beginning and an end."))
        return values

    def session(self) -> dict[str, Any]:
        """The arguments of `schedule_session` that the form holds."""
        values = self.cleaned_data
        pause: tuple[tuple[datetime, datetime], ...] = ()
        if values["break_from"]:
            pause = ((self._at("break_from"), self._at("break_to")),)
        return {
            "unit_key": values["unit_key"],
            "trainer_id": values["trainer_id"],
            "base_id": self.choices.base_id,
            "starts_at": self._at("starts"),
            "ends_at": self._at("ends"),
            "breaks": pause,
            "place": values["place"],
        }

    def refuse(self, error: Refused, explain: Callable[[Refusal], Explanation]) -> None:
        """The form shows why the api refused."""
        for refusal in error.refusals:
            words = explain(refusal)
            self.add_error(None, f"{words.text} {words.fix}")

    def _at(self, name: str) -> datetime:
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data[name], tzinfo=SHANGHAI)


class CorrectionForm(forms.Form):
    enrolment = forms.IntegerField(min_value=1, max_value=10**12)
    out = forms.TimeField()
    reason = forms.CharField(max_length=300)

    def out_at(self, session: PracticeSessionFacts) -> datetime:
        """The typed time on the day of the session, or on the next where the session runs over midnight."""
        day = session.starts_at.astimezone(SHANGHAI).date()
        at = datetime.combine(day, self.cleaned_data["out"], tzinfo=SHANGHAI)
        return at if at > session.starts_at else at + timedelta(days=1)


def numbers_in(texts: Iterable[str]) -> tuple[int, ...]:
    """The ids among what a list of check boxes sent; anything else is left out."""
    return tuple(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 12)
