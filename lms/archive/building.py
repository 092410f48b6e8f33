"""From a request to one whole archive in the store: leased, restartable, published by one UPDATE.

A worker may be killed at any moment. What it has stored lies in a place of its own that nothing points to; its lease
runs out; the next try clears that place and starts anew in another. Leases live by the database's clock, which all
workers share.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from lms.accounts.api import record_audit
from lms.archive import content
from lms.archive.bundle import Bundle, Sink
from lms.archive.data import ExportState
from lms.archive.models import ClassExport
from lms.enrolment.api import get_class_run, roster_of
from lms.lib.localday import SHANGHAI, to_us
from media.api import PartedFile, StoreUnreachable, discard_files, parted_file

Clock = Callable[[], datetime]
LEASE = timedelta(seconds=60)
KEEP_EVERY_SECONDS = 5
MOST_ATTEMPTS = 5
PAUSE_AFTER_TROUBLE = timedelta(seconds=20)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class LeaseLost(RuntimeError):
    """Another worker has taken this export over; stop and touch nothing."""


class Lease:
    """One worker's right to make one export. `keep` renews it and tells everybody how far the work is."""

    def __init__(self, export_id: int, token: str, *, dead: Sequence[str]) -> None:
        self.export_id = export_id
        self.token = token
        self.dead = dead
        self._kept = time.monotonic()

    @property
    def key(self) -> str:
        """Where this try stores: a place of its own, so that no other try can spoil it."""
        return key_of(self.export_id, self.token)

    def keep(self, progress: int) -> None:
        """The lease holds for another minute. Cheap to call often. Raises LeaseLost."""
        if time.monotonic() - self._kept < KEEP_EVERY_SECONDS:
            return
        if not self.mine().update(lease_until=Now() + LEASE, progress=progress):
            raise LeaseLost(self.export_id)
        self._kept = time.monotonic()

    def mine(self) -> Any:
        return ClassExport.objects.filter(pk=self.export_id, lease_token=self.token, state=ExportState.BUILDING.value)


def key_of(export_id: int, token: str) -> str:
    """Where a try stores."""
    return f"archives/{export_id}/{token}.zip"


def take_next(*, clock: Clock) -> Lease | None:
    """The lease of the export that waits longest; None when none is free. Gives up hopeless ones."""
    waiting = Q(state=ExportState.QUEUED.value, due_at__lte=clock()) | Q(
        state=ExportState.BUILDING.value, lease_until__lt=Now()
    )
    with transaction.atomic():
        row = ClassExport.objects.filter(waiting).order_by("due_at", "pk").select_for_update(skip_locked=True).first()
        if row is None:
            return None
        if row.attempts >= MOST_ATTEMPTS:
            row.state = ExportState.FAILED.value
            row.save(update_fields=["state"])
            return None
        token, dead = str(uuid.uuid4()), list(row.tries)
        ClassExport.objects.filter(pk=row.pk).update(
            state=ExportState.BUILDING.value,
            lease_token=token,
            lease_until=Now() + LEASE,
            attempts=F("attempts") + 1,
            tries=[*dead, token],
            progress=0,
        )
    return Lease(row.pk, token, dead=dead)


def build(lease: Lease, *, clock: Clock) -> ExportState:
    """The leased export is ready, or waits to be tried again; nothing half-done is visible."""
    try:
        for token in lease.dead:
            discard_files(prefix=key_of(lease.export_id, token))
        class_run_id = _class_of(lease)
        with parted_file(key=lease.key, content_type="application/zip") as file:
            write_archive(file, class_run_id=class_run_id, keep=lease.keep, now=clock())
        publish(lease, file, now=clock())
    except LeaseLost:
        discard_files(prefix=lease.key)
        return ExportState.BUILDING
    except (StoreUnreachable, OSError) as trouble:
        log.warning("archive_interrupted", export=lease.export_id, reason=type(trouble).__name__)
        # the store's trouble is not the export's fault
        _queue_again(lease, clock(), attempts=F("attempts") - 1)
        return ExportState.QUEUED
    except Exception:
        log.exception("archive_failed", export=lease.export_id)
        _queue_again(lease, clock())
        return ExportState.QUEUED
    return ExportState.READY


def _class_of(lease: Lease) -> int:
    found: int | None = lease.mine().values_list("class_run_id", flat=True).first()
    if found is None:
        raise LeaseLost(lease.export_id)
    return found


def _queue_again(lease: Lease, now: datetime, **more: Any) -> None:
    lease.mine().update(state=ExportState.QUEUED.value, due_at=now + PAUSE_AFTER_TROUBLE, **more)


def write_archive(file: Sink, *, class_run_id: int, keep: Callable[[int], None], now: datetime) -> None:
    """The whole archive is written, learner by learner; `keep` hears before each how many percent are done."""
    run = get_class_run(class_run_id=class_run_id)
    made_at = now.astimezone(SHANGHAI)
    bundle = Bundle(
        file, made_at=(made_at.year, made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second)
    )
    bundle.add_document("class.json", content.class_document(run))
    bundle.add_document("plan.json", content.plan_document(run))
    bundle.add_document("hours.json", content.hours_document(run))
    bundle.add_lines("filing.jsonl", content.filings(run))
    # whoever joins from now on is in the next archive
    people = [(one.enrolment_id, one.learner_id) for one in roster_of(class_run_id=class_run_id, include_dropped=True)]
    last = max((enrolment_id for enrolment_id, _ in people), default=0)
    bundle.add_lines("roster.jsonl", content.roster(run, last=last))
    for done, (enrolment_id, learner_id) in enumerate(people):
        keep(done * 100 // len(people))
        files = content.learner_files(run, enrolment_id=enrolment_id, learner_id=learner_id)
        for name, lines in files.items():
            bundle.add_lines(f"learners/{enrolment_id}/{name}", lines)
    keep(100)
    bundle.close({"class_run": class_run_id, "number": run.number, "exported_at_us": to_us(now)})


def publish(lease: Lease, file: PartedFile, *, now: datetime) -> None:
    """Everybody sees the archive from now on; a worker that lost its lease changes nothing. Raises LeaseLost."""
    with transaction.atomic():
        row = lease.mine().select_for_update().first()
        if row is None:
            raise LeaseLost(lease.export_id)
        lease.mine().update(
            state=ExportState.READY.value, progress=100, key=lease.key, size=file.size, sha256=file.sha256, ready_at=now
        )
        record_audit(
            actor_id=row.requested_by_id,
            action="class_archive_made",
            object_kind="class_run",
            object_id=row.class_run_id,
            purpose=row.purpose,
            detail={"export": row.pk, "sha256": file.sha256},
            now=now,
        )
    log.info("archive_made", export=lease.export_id, size=file.size)
