"""The editor's form: an author writes for the own organisation, and publishing asks for a whole course."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminPageForm

from courses.access import author_organisation_ids

_NOT_PUBLISHING = ("action-cancel-workflow",)


class UnitFaults(ValidationError):
    """Everything that is wrong with the units in one error: the stream's widget shows only the first it is given."""

    def __init__(self, sentence: str, shown: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.shown = shown

    def as_json_data(self) -> dict[str, Any]:
        """What the widget asks for: messages above the stream, errors at the blocks."""
        return self.shown


class CoursePageForm(WagtailAdminPageForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("organisation")
        ids = author_organisation_ids(self.for_user)
        if field is None or ids is None:
            return
        field.queryset = field.queryset.filter(pk__in=ids)
        field.empty_label = None
        if len(ids) == 1 and self.instance.organisation_id is None:
            self.initial["organisation"] = next(iter(ids))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        leaving = any(self.data.get(name) for name in _NOT_PUBLISHING)
        # Saving a draft asks for nothing; publishing and handing in for review ask for a whole course.
        self.instance.going_live = not (self.is_deferred_validation or leaving)
        return cleaned

    def _post_clean(self) -> None:
        """What stands against publishing is said above the form too: the units have a tab of their own."""
        super()._post_clean()
        if not getattr(self.instance, "going_live", False) or not self.errors:
            return
        if "units" in self.errors:
            self.add_error("units", _gathered(self.errors.pop("units").as_data()))
        self.add_error(None, _("The course can't be published yet; the draft is kept."))

    def clean_organisation(self) -> Any:
        organisation = self.cleaned_data.get("organisation")
        ids = author_organisation_ids(self.for_user)
        if organisation is not None and ids is not None and organisation.pk not in ids:
            self.add_error("organisation", _("Choose a provider that you work for."))
        return organisation


def _gathered(errors: list[ValidationError]) -> UnitFaults:
    """One error for all. Where blocks are faulty the stream was never read, so nothing else is known about it."""
    blocks = next((error for error in errors if hasattr(error, "as_json_data")), None)
    if blocks is not None:
        return UnitFaults(_("A unit is not filled in. The tab “Units” shows where."), blocks.as_json_data())
    sentences = [sentence for error in errors for sentence in error.messages]
    return UnitFaults(" ".join(sentences), {"messages": sentences})
