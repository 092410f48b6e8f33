"""Who may do what with a course in the CMS: authors with their own, reviewers with their provider's."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from wagtail.models import PagePermissionTester, TaskState

from courses.access import author_organisation_ids, reviewer_organisation_ids


class CoursePermissionTester(PagePermissionTester):
    """Wagtail's own test, and besides: the course must belong to an organisation the person acts for."""

    def __init__(self, user: Any, page: Any) -> None:
        super().__init__(user, page)
        self.author_of_it = _covers(author_organisation_ids(user), page)
        self.reviewer_of_it = _covers(reviewer_organisation_ids(user), page)
        if user.is_active and not user.is_superuser:
            if not self.author_of_it:
                self.permissions: set[str] = set()
            elif not self.reviewer_of_it:
                self.permissions = self.permissions & {"add"}

    def can_edit(self) -> bool:
        return self.author_of_it and super().can_edit()

    def can_submit_for_moderation(self) -> bool:
        return self.can_edit() and super().can_submit_for_moderation()

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        """A course that was published once stays: classes were taught from it. Unpublish it instead."""
        return super().can_delete(ignore_bulk) and not self.page.curricula.exists()

    def can_move(self) -> bool:
        return False

    def can_view_revisions(self) -> bool:
        return self.author_of_it and super().can_view_revisions()


def may_release(user: Any, page: Any) -> bool:
    """Whether the person may publish this course or send it back. The CMS hands in bare pages too."""
    return bool(user.is_active) and _covers(reviewer_organisation_ids(user), page.specific)


def waiting_for(task: Any, user: Any) -> QuerySet[Any]:
    """The courses that wait in this task for this person's word."""
    waiting: QuerySet[Any] = TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS, task=task.task_ptr)
    ids = reviewer_organisation_ids(user)
    if ids is None:
        return waiting
    from courses.models import CoursePage

    own = CoursePage.objects.filter(organisation_id__in=ids)
    keys = [str(pk) for pk in own.values_list("pk", flat=True)]
    mine: QuerySet[Any] = waiting.filter(workflow_state__object_id__in=keys)
    return mine


def _covers(organisation_ids: frozenset[int] | None, page: Any) -> bool:
    if organisation_ids is None or page.organisation_id is None:
        return True
    return page.organisation_id in organisation_ids
