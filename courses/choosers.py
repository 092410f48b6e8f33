"""How an author picks a video in the editor: only videos of the author's own organisations."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser as generic
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets.chooser import BaseChooser

from courses.access import author_organisation_ids

MEDIA_MODEL = "media.MediaAsset"


def as_uuid(value: Any) -> UUID | None:
    """The key that `value` writes, or None for anything else."""
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        return None


def own_media(person: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Those of `queryset` that this person may put into a course."""
    ids = author_organisation_ids(person)
    return queryset if ids is None else queryset.filter(organisation_id__in=ids)


class _OwnMedia:
    """Lists the videos of the asker's organisations, newest first, in every state (the state is shown)."""

    ordering = "-created_at"
    request: Any

    def get_object_list(self) -> QuerySet[Any]:
        listed: QuerySet[Any] = super().get_object_list()  # type: ignore[misc]
        return own_media(self.request.user, listed)

    @property
    def columns(self) -> list[Column]:
        return [
            *super().columns,  # type: ignore[misc]
            Column("state", label=_("State"), accessor="get_state_display"),
            Column("length", label=_("Length"), accessor="length_text"),
        ]


class OwnMediaChoose(_OwnMedia, generic.ChooseView):
    pass


class OwnMediaResults(_OwnMedia, generic.ChooseResultsView):
    pass


class OwnMediaChosen(generic.ChosenView):
    def get_object(self, pk: Any) -> Any:
        key = as_uuid(pk)
        if key is None:
            raise self.model_class.DoesNotExist
        return own_media(self.request.user, self.model_class.objects.all()).get(pk=key)


class OwnMediaChosenMultiple(generic.ChosenMultipleView):
    def get_objects(self, pks: Any) -> Any:
        keys = [key for key in map(as_uuid, pks) if key is not None]
        return own_media(self.request.user, self.model_class.objects.all()).filter(pk__in=keys)


class MediaWidget(BaseChooser):
    """Shows a chosen video with its length and state, so that an author sees at once what is not ready."""

    def get_display_title(self, instance: Any) -> str:
        parts = (instance.title, instance.length_text, instance.get_state_display())
        return " · ".join(str(part) for part in parts if part)

    def get_value_data_from_instance(self, instance: Any) -> dict[str, Any]:
        data: dict[str, Any] = super().get_value_data_from_instance(instance)
        return {**data, "id": str(data["id"])}


class MediaChooserViewSet(ChooserViewSet):
    model = MEDIA_MODEL
    icon = "media"
    choose_one_text = _("Choose a video")
    choose_another_text = _("Choose another video")
    per_page = 12
    base_widget_class = MediaWidget
    choose_view_class = OwnMediaChoose
    choose_results_view_class = OwnMediaResults
    chosen_view_class = OwnMediaChosen
    chosen_multiple_view_class = OwnMediaChosenMultiple


media_chooser = MediaChooserViewSet("media_chooser")


class MediaChooserBlock(blocks.ChooserBlock):
    """Holds a video by its id; an unknown id reads as no video."""

    target_model = MEDIA_MODEL

    @cached_property
    def widget(self) -> Any:
        return media_chooser.widget_class()

    def bulk_to_python(self, values: Any) -> list[Any]:
        """Keys come as text from JSON while `in_bulk` answers by UUID, so they are put together as UUIDs."""
        keys = [as_uuid(value) for value in values]
        found = self.model_class.objects.in_bulk([key for key in keys if key is not None])
        return [copy.copy(found.get(key)) for key in keys]

    def to_python(self, value: Any) -> Any:
        key = as_uuid(value)
        return self.model_class.objects.filter(pk=key).first() if key else None

    def value_from_form(self, value: Any) -> Any:
        return value if isinstance(value, self.model_class) else self.to_python(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else str(value.pk)

    class Meta:
        icon = "media"
