"""The pages' forms: they check what can be checked alone and keep what was typed; the api has the last word."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.accounts import rules
from lms.accounts.data import BadNumber, Fault, GroupCode, IdType, MobileReason, Refused
from lms.accounts.words import words_for
from lms.lib.localday import local_day

ID_TYPES = [
    (IdType.RESIDENT_ID.value, _("Resident ID card")),
    (IdType.HK_MO_PERMIT.value, _("Residence permit for Hong Kong and Macao residents")),
    (IdType.TW_PERMIT.value, _("Residence permit for Taiwan residents")),
    (IdType.FOREIGN_PERMANENT.value, _("Foreign permanent resident ID card")),
    (IdType.PASSPORT.value, _("Passport")),
]
GROUP_NAMES = {
    GroupCode.EMP: _("Employed"),
    GroupCode.FLEX: _("Flexibly employed"),
    GroupCode.UNEMP: _("Registered unemployed"),
    GroupCode.XB: _("On a social-insurance agreement (xiebao)"),
    GroupCode.RURAL: _("Former rural surplus labour"),
    GroupCode.DIS: _("Person with a disability"),
    GroupCode.VET5: _("Soldier who left service within five years"),
    GroupCode.HARD: _("Person with difficulty finding work"),
    GroupCode.GRAD_C: _("College student in the graduating year"),
    GroupCode.GRAD_V: _("Vocational student in the graduating year"),
    GroupCode.PRISON: _("Through the prison authority"),
}
_REQUIRED = {"required": _("This can't be empty.")}


def _today() -> date:
    return local_day(timezone.now())  # noqa: TID251  a form is part of the edge


class FaultForm(forms.Form):
    """A form whose refusals come from our own words."""

    def take(self, refused: Refused, names: dict[str, str] | None = None) -> None:
        """The faults of `refused` stand at their fields; one that belongs to no field stands above the form."""
        for fault in refused.faults:
            name = (names or {}).get(fault.field, fault.field)
            self.add_error(name if name in self.fields else None, words_for(fault))


def _field(
    label: Any, *, length: int = 100, help_text: Any = "", required: bool = True, **attrs: str
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=length,
        help_text=help_text,
        required=required,
        error_messages=_REQUIRED,
        widget=forms.TextInput(attrs=attrs),
    )


def _mobile(label: Any = None) -> forms.CharField:
    return _field(label or _("Mobile number"), length=20, inputmode="tel", autocomplete="tel")


def _code(label: Any = None) -> forms.CharField:
    attrs = {"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9]{6}", "class": "input-code"}
    field = _field(label or _("Code from the message"), length=6)
    field.widget.attrs.update(attrs)
    return field


def _password(label: Any, autocomplete: str, *, required: bool = True, keep: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=128,
        required=required,
        strip=False,
        error_messages=_REQUIRED,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}, render_value=keep),
    )


class _CardFields(FaultForm):
    """Name and number as on the card."""

    name = _field(_("Name as on the card"), length=50, autocomplete="name")
    id_type = forms.ChoiceField(label=_("Kind of paper"), choices=ID_TYPES, initial=IdType.RESIDENT_ID.value)
    id_number = _field(_("Number of the paper"), length=30, autocomplete="off", autocapitalize="characters")

    def clean_name(self) -> str:
        return self._checked("name", rules.check_name)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("id_number") and values.get("id_type"):
            try:
                rules.check_document(IdType(values["id_type"]), values["id_number"], _today())
            except BadNumber as error:
                self.add_error("id_number", words_for(Fault(field="id_number", code=error.code)))
        return values

    def _checked(self, field: str, check: Any) -> str:
        try:
            return str(check(self.cleaned_data[field]))
        except BadNumber as error:
            raise forms.ValidationError(words_for(Fault(field=field, code=error.code))) from error


class RegisterForm(_CardFields):
    field_order = ("name", "id_type", "id_number", "mobile", "code", "password", "agree", "face")
    mobile = _mobile()
    code = _code()
    password = _password(_("Password"), "new-password", required=False, keep=True)
    agree = forms.BooleanField(
        label=_("I have read the notice on personal data and agree"),
        error_messages={"required": _("Without your consent we may not keep your data, so no account can be opened.")},
    )
    face = forms.BooleanField(
        label=_("I also agree to face checks"),
        required=False,
        help_text=_("Your choice. Without it you confirm your presence by code or in person, with the same rights."),
    )

    def clean_mobile(self) -> str:
        return self._checked("mobile", rules.check_mobile)


class PasswordLoginForm(FaultForm):
    identifier = _field(_("Mobile number or user name"), length=64, autocomplete="username", autocapitalize="none")
    password = _password(_("Password"), "current-password")


class CodeLoginForm(FaultForm):
    mobile = _mobile()
    code = _code()


class CodeRequestForm(FaultForm):
    """Only the number counts here; whatever else was typed stays on the page."""

    mobile = _mobile()


class DeskForm(_CardFields):
    """Replacing a number at a desk."""

    mobile = _mobile(_("New mobile number"))
    code = _code(_("Code received on the new number"))
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[
            (MobileReason.LOST.value, _("The old number is lost or no longer used")),
            (MobileReason.RECYCLED.value, _("The new number belonged to somebody else before")),
        ],
        widget=forms.RadioSelect,
        initial=MobileReason.LOST.value,
    )
    card_seen = forms.BooleanField(
        label=_("I hold the original card, and the photo is this person"),
        error_messages={"required": _("Look at the original card and confirm it first.")},
    )


class CheckForm(_CardFields):
    """Confirming an identity in presence."""

    note = _field(_("Remark"), length=200, required=False)
    card_seen = forms.BooleanField(
        label=_("I hold the original card, and the photo is this person"),
        error_messages={"required": _("Look at the original card and confirm it first.")},
    )


class OwnMobileForm(FaultForm):
    old_code = _code(_("Code received on the old number"))
    new_mobile = _mobile(_("New mobile number"))
    new_code = _code(_("Code received on the new number"))


class OwnPasswordForm(FaultForm):
    old_password = _password(_("Present password"), "current-password")
    password = _password(_("New password"), "new-password")


class EmailForm(FaultForm):
    email = forms.EmailField(label=_("E-mail address"), required=False, max_length=254)
