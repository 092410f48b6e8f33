"""Publishing freezes what is taught: the one place where a framework signal is listened to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from wagtail.signals import page_published

from courses.data import OccupationKind
from courses.drafts import unit_specs
from courses.rules import curriculum_digest, unit_value


def listen() -> None:
    """From now on each published course is frozen."""
    from courses.models import CoursePage

    page_published.connect(_freeze_published, sender=CoursePage, dispatch_uid="courses.freeze")


def freeze_curriculum(page: Any, *, frozen_at: datetime) -> Any:
    """The course's newest version holds the page's content; the same content as before makes no new version.

    Two publications at once queue on the course's row, so that the second sees what the first wrote.
    """
    from courses.models import CoursePage, CurriculumVersion

    with transaction.atomic():
        CoursePage.objects.select_for_update(of=("self",)).only("pk").get(pk=page.pk)
        units = unit_specs(page)
        occupation = page.occupation
        facts = {
            "title": page.title,
            "occupation_code": occupation.code if occupation else "",
            "occupation_name": occupation.name if occupation else "",
            "occupation_kind": occupation.kind if occupation else OccupationKind.SKILL.value,
            "level": page.level or None,
        }
        seal = curriculum_digest(**facts, units=units)
        newest = CurriculumVersion.objects.filter(course_id=page.pk).order_by("-number").first()
        if newest is not None and newest.digest == seal:
            return newest
        return CurriculumVersion.objects.create(
            course_id=page.pk,
            number=newest.number + 1 if newest else 1,
            course_url=_path_of(page),
            units=[unit_value(unit) for unit in units],
            digest=seal,
            frozen_at=frozen_at,
            **facts,
        )


def _path_of(page: Any) -> str:
    parts = page.get_url_parts()
    return parts[2] if parts and parts[2] else ""


def _freeze_published(*, instance: Any, **_kwargs: Any) -> None:
    freeze_curriculum(instance, frozen_at=instance.last_published_at)
