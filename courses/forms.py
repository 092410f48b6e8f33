"""The editor's form: an author writes for the own organisation, and publishing asks for a whole course."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminPageForm

from courses.access import author_organisation_ids

_NOT_PUBLISHING = ("action-cancel-workflow",)


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

    def clean_organisation(self) -> Any:
        organisation = self.cleaned_data.get("organisation")
        ids = author_organisation_ids(self.for_user)
        if organisation is not None and ids is not None and organisation.pk not in ids:
            self.add_error("organisation", _("Choose a provider that you work for."))
        return organisation
