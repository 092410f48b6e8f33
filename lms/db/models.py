from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q


class RowIsImmutable(TypeError):
    """A change was tried on a row that stands for ever. Write a new row that refers to the old one."""


class AppendOnlyModel(models.Model):
    """Rows that are inserted and never changed. The migration must guard the table too (`GuardAppendOnly`)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RowIsImmutable(self._meta.label)
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise RowIsImmutable(self._meta.label)


class OutboxEntry(models.Model):
    """One thing that happened and that the straight way must hear of. Working state: done rows may be pruned."""

    topic = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["topic", "key"], name="outbox_once_per_topic_and_key"),)
        indexes = (
            models.Index(fields=["topic", "due_at", "id"], condition=Q(done_at=None), name="outbox_due_by_topic"),
        )

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
