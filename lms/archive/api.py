"""The door of the class archive: ask for one, see how far it is, hand it out."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from lms.accounts.api import record_audit
from lms.archive import building, texts
from lms.archive.building import Clock
from lms.archive.data import ExportFacts, ExportState, UnableToArchive
from lms.archive.models import ClassExport
from lms.enrolment.api import Hat, get_class_run, view_of
from lms.enrolment.data import ClassRunFacts, NotYours
from lms.lib.localday import local_day
from media.api import sign_file

__all__ = ["build_next", "exports_of", "request_export", "run_for", "sign_download"]

LINK_SECONDS = 600
_HATS = frozenset({Hat.OFFICER, Hat.PROVIDER})
_UNDER_WAY = [ExportState.QUEUED.value, ExportState.BUILDING.value]


def run_for(*, class_run_id: int, person_id: int, now: datetime) -> ClassRunFacts:
    """The class, for an officer of its district or somebody of its provider. Raises NotYours."""
    run = get_class_run(class_run_id=class_run_id)
    if not view_of(run, person_id=person_id, day=local_day(now)).hats & _HATS:
        raise NotYours(class_run_id)
    return run


def request_export(*, class_run_id: int, person_id: int, purpose: str, now: datetime) -> ExportFacts:
    """An export of the class is under way: a new one, or the one that was already. Raises UnableToArchive, NotYours."""
    run = run_for(class_run_id=class_run_id, person_id=person_id, now=now)
    reason = _purpose(purpose)
    if run.filed_on is None:
        raise UnableToArchive("not_filed", texts.not_filed())
    try:
        with transaction.atomic():
            row = ClassExport.objects.create(
                class_run_id=class_run_id, purpose=reason, requested_by_id=person_id, requested_at=now, due_at=now
            )
            _audit("request_class_archive", row, person_id, reason, now)
    except IntegrityError:
        found = ClassExport.objects.filter(class_run_id=class_run_id, state__in=_UNDER_WAY).first()
        if found is None:  # it was finished in this very moment
            return request_export(class_run_id=class_run_id, person_id=person_id, purpose=purpose, now=now)
        row = found
    return _facts(row)


def exports_of(*, class_run_id: int) -> tuple[ExportFacts, ...]:
    """Every export of the class, the newest first."""
    rows = ClassExport.objects.filter(class_run_id=class_run_id).order_by("-requested_at", "-pk")
    return tuple(_facts(row) for row in rows)


def sign_download(
    *, run: ClassRunFacts, export_id: int, person_id: int, purpose: str, now: datetime
) -> tuple[ExportFacts, str]:
    """The ready export and a URL under which it can be saved for ten minutes; the audit log knows who and why.

    `run` is what `run_for` gave this person. Raises UnableToArchive, NotYours.
    """
    ready = ClassExport.objects.filter(class_run_id=run.class_run_id, state=ExportState.READY.value)
    row = ready.filter(pk=export_id).first()
    if row is None:
        raise NotYours(export_id)
    reason = _purpose(purpose)
    _audit("download_class_archive", row, person_id, reason, now)
    return _facts(row), sign_file(key=row.key, file_name=f"{run.number}-{row.pk}.zip", seconds=LINK_SECONDS)


def build_next(*, clock: Clock) -> bool:
    """The export that waits longest is ready or put back. False: none waits."""
    lease = building.take_next(clock=clock)
    if lease is None:
        return False
    building.build(lease, clock=clock)
    return True


def _purpose(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > 200 or "\x00" in reason:
        raise UnableToArchive("purpose_missing", texts.purpose_missing())
    return reason


def _audit(action: str, row: ClassExport, person_id: int, purpose: str, now: datetime) -> None:
    record_audit(
        actor_id=person_id,
        action=action,
        object_kind="class_run",
        object_id=row.class_run_id,
        purpose=purpose,
        detail={"export": row.pk, **({"sha256": row.sha256} if row.sha256 else {})},
        now=now,
    )


def _facts(row: ClassExport) -> ExportFacts:
    return ExportFacts(
        export_id=row.pk,
        class_run_id=row.class_run_id,
        state=ExportState(row.state),
        progress=row.progress,
        purpose=row.purpose,
        requested_by_id=row.requested_by_id,
        requested_at=row.requested_at,
        ready_at=row.ready_at,
        size=row.size,
        sha256=row.sha256,
    )
