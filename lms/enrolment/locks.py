"""The one way to lock this package's rows: the class run first, then whatever hangs on it."""

from __future__ import annotations

from lms.db.api import require_transaction
from lms.enrolment.data import NotYours
from lms.enrolment.models import ClassRun, RosterImport


def lock_class_run(class_run_id: int) -> ClassRun:
    """The class run, locked until the transaction ends. Raises NotYours."""
    require_transaction()
    run = ClassRun.objects.select_for_update().filter(pk=class_run_id).first()
    if run is None:
        raise NotYours(class_run_id)
    return run


def lock_import(import_id: int) -> RosterImport:
    """The import with its class run, both locked, the class run first. Raises NotYours."""
    found = RosterImport.objects.filter(pk=import_id).only("class_run_id").first()
    if found is None:
        raise NotYours(import_id)
    lock_class_run(found.class_run_id)
    return RosterImport.objects.select_for_update().get(pk=import_id)
