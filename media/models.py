"""Videos and the attempts to package them. Only `api` and `packaging` write here."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from media.data import MediaError, MediaState

STATES = (
    (MediaState.UPLOADING.value, _("Uploading")),
    (MediaState.QUEUED.value, _("Waiting to be packaged")),
    (MediaState.PACKAGING.value, _("Being packaged")),
    (MediaState.READY.value, _("Ready")),
    (MediaState.FAILED.value, _("Failed")),
)


class MediaAsset(models.Model):
    """One video. What learners get (`prefix`, `renditions`, `duration_ms`) is written by one UPDATE, all or nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("title"), max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=STATES, default=MediaState.UPLOADING.value)
    error_code = models.CharField(max_length=24, blank=True, choices=[(e.value, e.value) for e in MediaError])
    error_detail = models.TextField(blank=True)  # ffmpeg's last words, for operators

    file_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField()
    modified_ms = models.BigIntegerField(default=0)  # the file's own date in the browser: part of "the same file"
    source_key = models.CharField(max_length=200)
    upload_id = models.CharField(max_length=1024, blank=True)
    part_size = models.PositiveIntegerField(default=0)
    touched_at = models.DateTimeField()  # last sign of life of an open upload

    slides = models.BooleanField(_("slide lesson"), default=False)
    progress = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)  # a queued asset waits until then
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    prefix = models.CharField(max_length=200, blank=True)
    duration_ms = models.BigIntegerField(default=0)
    renditions = models.JSONField(default=list)
    has_poster = models.BooleanField(default=False)
    captions_key = models.CharField(max_length=200, blank=True)
    captions_language = models.CharField(max_length=10, blank=True)

    created_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        constraints = (
            models.CheckConstraint(condition=Q(size__gt=0), name="media_size_positive"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="media_progress_percent"),
            models.CheckConstraint(
                condition=~Q(state=MediaState.READY.value)
                | (Q(duration_ms__gt=0) & ~Q(prefix="") & Q(ready_at__isnull=False)),
                name="media_ready_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=MediaState.PACKAGING.value)
                | (Q(lease_token__isnull=False) & Q(lease_until__isnull=False)),
                name="media_packaging_is_leased",
            ),
            models.CheckConstraint(
                condition=~Q(state=MediaState.FAILED.value) | ~Q(error_code=""), name="media_failure_has_reason"
            ),
        )
        indexes = (
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=[MediaState.QUEUED.value, MediaState.PACKAGING.value]),
                name="media_to_package",
            ),
            models.Index(fields=["organisation", "-created_at"], name="media_of_organisation"),
            models.Index(fields=["owner", "-created_at"], name="media_of_owner"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def length_text(self) -> str:
        """`45:00`, or nothing before the true length is known."""
        minutes, seconds = divmod(self.duration_ms // 1000, 60)
        return f"{minutes}:{seconds:02d}" if self.duration_ms else ""


class PackagingAttempt(models.Model):
    """One try to package a video under a prefix of its own. An unpublished try's objects are removed later."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        PUBLISHED = "published"
        FAILED = "failed"
        LOST = "lost"

    media = models.ForeignKey(MediaAsset, on_delete=models.CASCADE, related_name="tries")
    token = models.UUIDField(unique=True)
    prefix = models.CharField(max_length=200, unique=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    detail = models.TextField(blank=True)
    cleaned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["media"], condition=Q(outcome="published"), name="media_published_once"),
        )
        indexes = (
            models.Index(
                fields=["finished_at"],
                condition=Q(cleaned_at=None) & ~Q(outcome="published"),
                name="media_try_to_clean",
            ),
        )

    def __str__(self) -> str:
        return f"{self.media_id} {self.outcome}"
