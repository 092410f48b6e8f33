"""What claims keep of a person and until when: a running claim, then its archive (domain 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lms.accounts.api import retention_rule
from lms.accounts.data import Kept
from lms.claims.data import LineState
from lms.claims.models import ClaimLine
from lms.lib.localday import local_day


def keep(person_id: int) -> Sequence[Kept]:
    """Every claim in which the person has a line that left the draft."""
    lines = ClaimLine.objects.filter(person_id=person_id).select_related("batch").order_by("batch_id")
    archive = retention_rule("claim_archive")
    kept = []
    for line in lines.exclude(state__in=(LineState.DRAFT, LineState.WITHDRAWN)):
        if line.batch.decided_at is None:
            kept.append(Kept(rule="claim_running", subject=line.batch.number, until=None))
        else:
            until = archive.until(local_day(line.batch.decided_at))
            kept.append(Kept(rule=archive.code, subject=line.batch.number, until=until))
    return kept


def erase_when_due(person_id: int, _now: datetime) -> None:
    """No claim line says anything in words about the person."""
    ClaimLine.objects.filter(person_id=person_id).exclude(reason="").update(reason="")
