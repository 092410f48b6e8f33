"""What people type into the pages of enrolment, turned into values; what does not fit is refused in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from lms.accounts.api import find_organisation_by_uscc
from lms.accounts.data import OrganisationKind
from lms.enrolment.data import ClassRunDraft, ClassRunFacts, PayeeKind, Refused
from lms.enrolment.programmes import PROGRAMMES
from lms.enrolment.texts import explain
from lms.lib.money import parse_yuan, plain_yuan

# Shanghai, GB/T 2260; retired codes are left out because classes are new (domain 3.11)
DISTRICTS = (
    ("310101", "黄浦区"), ("310104", "徐汇区"), ("310105", "长宁区"), ("310106", "静安区"), ("310107", "普陀区"),
    ("310109", "虹口区"), ("310110", "杨浦区"), ("310112", "闵行区"), ("310113", "宝山区"), ("310114", "嘉定区"),
    ("310115", "浦东新区"), ("310116", "金山区"), ("310117", "松江区"), ("310118", "青浦区"), ("310120", "奉贤区"),
    ("310151", "崇明区"),
)  # fmt: skip
PROGRAMME_NAMES = {
    "SME-GROUP": gettext_lazy("Centralised training for small firms (SME-GROUP)"),
    "ENT-ONLINE": gettext_lazy("Online training of a firm's staff (ENT-ONLINE)"),
    "ENT-SKILL": gettext_lazy("Skills training of a firm's staff (ENT-SKILL)"),
    "IND-SKILL": gettext_lazy("Open class for workers (IND-SKILL)"),
}
PAYEE_NAMES = {
    PayeeKind.PROVIDER: gettext_lazy("to the training provider"),
    PayeeKind.ENTERPRISE: gettext_lazy("to the firm"),
    PayeeKind.PERSON: gettext_lazy("to the worker"),
}
_MOST_EMPLOYERS = 50


def day_input() -> forms.DateInput:
    """The browser's own day picker; it wants ISO days whatever the language."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChoices:
    """What the class form offers. `fixed_employer` is the firm of a personnel officer who makes the class."""

    curriculum_id: int
    provider_id: int
    bases: Mapping[int, str]
    trainers: Mapping[int, str]
    assessors: Mapping[int, str]
    fixed_employer_id: int | None = None


class RefusableForm(forms.Form):
    """A form that can show what the api refused, beside the field where there is one."""

    def refuse(self, error: Refused) -> None:
        for refusal in error.refusals:
            words = explain(refusal)
            text = " ".join(part for part in (words.rule, words.text, words.fix) if part)
            self.add_error(refusal.field if refusal.field in self.fields else None, text)


class ClassForm(RefusableForm):
    title = forms.CharField(label=gettext_lazy("Class title"), min_length=2, max_length=120)
    programme_code = forms.ChoiceField(label=gettext_lazy("Programme"), choices=list(PROGRAMME_NAMES.items()))
    payee_kind = forms.ChoiceField(
        label=gettext_lazy("The subsidy goes"),
        choices=[(kind.value, name) for kind, name in PAYEE_NAMES.items()],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Fixed with the filing. Nobody can change it afterwards."),
    )
    agreement_ref = forms.CharField(label=gettext_lazy("Number of the payee agreement"), max_length=80, required=False)
    agreement_on = forms.DateField(label=gettext_lazy("Agreement signed on"), required=False, widget=day_input())
    employers = forms.CharField(
        label=gettext_lazy("Firms in the class"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Unified social credit codes, one in each line. Leave empty for an open class."),
    )
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=day_input())
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=day_input())
    capacity = forms.IntegerField(label=gettext_lazy("Places"), min_value=1, max_value=1000, initial=40)
    cost = forms.CharField(label=gettext_lazy("Cost per person (yuan)"), max_length=20, initial="0")
    base_id = forms.TypedChoiceField(label=gettext_lazy("Practice base"), coerce=int, empty_value=None, required=False)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=200, required=False)
    district = forms.ChoiceField(label=gettext_lazy("District"), choices=[("", "—"), *DISTRICTS], required=False)
    trainer_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Trainers"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    assessor_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Assessors"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Whoever teaches may not assess (考培分离)."),
    )
    order_gate = forms.BooleanField(label=gettext_lazy("Practice only after the online theory"), required=False)
    business_note = forms.CharField(
        label=gettext_lazy("How the project fits the firm's business"), max_length=300, required=False
    )

    def __init__(self, data: Any, *, choices: ClassChoices, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.choices = choices
        self._offer("base_id", [("", "—"), *choices.bases.items()])
        self._offer("trainer_ids", list(choices.trainers.items()))
        self._offer("assessor_ids", list(choices.assessors.items()))
        if choices.fixed_employer_id is not None:
            del self.fields["employers"]

    def clean_cost(self) -> int:
        """Fen."""
        try:
            return parse_yuan(self.cleaned_data["cost"])
        except ValueError:
            raise forms.ValidationError(_("Write the amount in yuan, like 600 or 580.50.")) from None

    def clean_employers(self) -> tuple[int, ...]:
        """Organisation ids of the enterprises whose codes were typed."""
        found: list[int] = []
        unknown: list[str] = []
        for code in re.split(r"[\s,;，；、]+", self.cleaned_data["employers"].strip()):
            if code:
                facts = find_organisation_by_uscc(uscc=code[:40])
                if facts is None or facts.kind is not OrganisationKind.ENTERPRISE:
                    unknown.append(code[:20])
                else:
                    found.append(facts.organisation_id)
        if unknown:
            codes = "、".join(unknown[:5])
            raise forms.ValidationError(_("No firm is registered here under: %(codes)s") % {"codes": codes})
        if len(found) > _MOST_EMPLOYERS:
            raise forms.ValidationError(_("A class has %(most)d firms at most.") % {"most": _MOST_EMPLOYERS})
        return tuple(dict.fromkeys(found))

    def draft(self) -> ClassRunDraft:
        """The class run as typed. IND-SKILL classes have no employers, whoever makes them."""
        values = self.cleaned_data
        employers: tuple[int, ...] = values.get("employers", ())
        if self.choices.fixed_employer_id is not None and PROGRAMMES[values["programme_code"]].employers:
            employers = (self.choices.fixed_employer_id,)
        return ClassRunDraft(
            title=values["title"],
            curriculum_id=self.choices.curriculum_id,
            programme_code=values["programme_code"],
            provider_id=self.choices.provider_id,
            starts_on=values["starts_on"],
            ends_on=values["ends_on"],
            payee_kind=PayeeKind(values["payee_kind"]),
            employer_ids=employers,
            agreement_on=values["agreement_on"],
            agreement_ref=values["agreement_ref"],
            base_id=values["base_id"],
            trainer_ids=tuple(values["trainer_ids"]),
            assessor_ids=tuple(values["assessor_ids"]),
            capacity=values["capacity"],
            cost_fen=values["cost"],
            district=values["district"],
            place=values["place"],
            order_gate=values["order_gate"],
            business_note=values["business_note"],
        )

    def _offer(self, field: str, choices: list[tuple[Any, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]


class PersonForm(RefusableForm):
    """One person for the roster. The number is checked by accounts, with the same words as everywhere."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100)
    id_number = forms.CharField(
        label=gettext_lazy("ID number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    mobile = forms.CharField(
        label=gettext_lazy("Mobile number"), max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    employer_id = forms.TypedChoiceField(label=gettext_lazy("Firm"), coerce=int, empty_value=None)
    told = forms.BooleanField(
        label=gettext_lazy("I have told the person that these data go into the platform and what for.")
    )

    def __init__(self, data: Any, *, employers: Mapping[int, str]) -> None:
        super().__init__(data)
        if employers:
            self.fields["employer_id"].choices = list(employers.items())  # type: ignore[attr-defined]
        else:
            del self.fields["employer_id"]


class UploadForm(RefusableForm):
    file = forms.FileField(
        label=gettext_lazy("Roster (.xlsx)"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"})
    )
    employer_id = forms.TypedChoiceField(label=gettext_lazy("Firm"), coerce=int, empty_value=None)

    def __init__(self, data: Any, files: Any, *, employers: Mapping[int, str]) -> None:
        super().__init__(data, files)
        if employers:
            self.fields["employer_id"].choices = list(employers.items())  # type: ignore[attr-defined]
        else:
            del self.fields["employer_id"]


def initial_of(run: ClassRunFacts, *, employer_codes: str) -> dict[str, Any]:
    """What the class form shows for an existing draft."""
    return {
        "title": run.title,
        "programme_code": run.programme_code,
        "payee_kind": run.payee_kind.value,
        "agreement_ref": run.agreement_ref,
        "agreement_on": run.agreement_on,
        "employers": employer_codes,
        "starts_on": run.starts_on,
        "ends_on": run.ends_on,
        "capacity": run.capacity,
        "cost": plain_yuan(run.cost_fen),
        "base_id": run.base_id,
        "place": run.place,
        "district": run.district,
        "trainer_ids": list(run.trainer_ids),
        "assessor_ids": list(run.assessor_ids),
        "order_gate": run.order_gate,
        "business_note": run.business_note,
    }
