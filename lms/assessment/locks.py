"""The one way to lock this package's rows: every sitting of a unit in a class, in order of id."""

from __future__ import annotations

from lms.assessment.models import Exam
from lms.db.api import require_transaction
from lms.enrolment.data import NotYours


def lock_sittings(exam_id: int) -> Exam:
    """The exam; all sittings of its unit are locked, so that versions of a mark are counted by one at a time."""
    require_transaction()
    exam = Exam.objects.filter(pk=exam_id).first()
    if exam is None:
        raise NotYours(exam_id)
    list(
        Exam.objects.select_for_update()
        .filter(class_run_id=exam.class_run_id, unit_key=exam.unit_key)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return exam
