"""The decisions about a person, for the file that everybody may take along (PIPL: they are explained)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import get_language

from lms.subsidy.document import decision_document
from lms.subsidy.models import Decision
from lms.subsidy.storing import stored_decision


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Every decision ever made about the person with every clause, the amount's formula and the pack it rests on."""
    language = get_language() or "zh-hans"
    rows = Decision.objects.filter(learner_id=person_id).order_by("pk")
    return [
        {"enrolment": row.enrolment_id, **decision_document(decision=stored_decision(row), language=language)}
        for row in rows
    ]
