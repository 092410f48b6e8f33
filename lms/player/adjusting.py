"""Approved adjustments of presence checks: who may approve them, and which holds."""

from __future__ import annotations

from datetime import datetime

from lms.accounts.api import holds_role
from lms.accounts.data import Role
from lms.lib.localday import local_day
from lms.player import texts
from lms.player.data import Adjustment, UnableToAdjust
from lms.player.models import PresenceAdjustment

APPROVERS = (Role.OFFICER, Role.DESK)


def approve_adjustment(
    *, learner_id: int, longer: bool, spoken: bool, reason: str, approver_id: int, now: datetime
) -> Adjustment:
    """From now on the learner has more time for answers, or hears the question, or neither: the latest holds.

    It is on record who approved it and why. Raises UnableToAdjust (`not_allowed`, `own`, `reason`).
    """
    if approver_id == learner_id:
        raise UnableToAdjust("own", texts.adjustment_own())
    if not holds_role(person_id=approver_id, roles=APPROVERS, day=local_day(now)):
        raise UnableToAdjust("not_allowed", texts.adjustment_not_allowed())
    if not 4 <= len(reason.strip()) <= 200:
        raise UnableToAdjust("reason", texts.adjustment_reason())
    row = PresenceAdjustment(
        learner_id=learner_id,
        longer=longer,
        spoken=spoken,
        reason=reason.strip(),
        approved_by_id=approver_id,
        approved_at=now,
    )
    row.save()
    return _facts(row)


def adjustment_for(*, learner_id: int) -> Adjustment | None:
    """What was last approved for the person; None: nothing ever was."""
    row = PresenceAdjustment.objects.filter(learner_id=learner_id).order_by("-pk").first()
    return _facts(row) if row else None


def _facts(row: PresenceAdjustment) -> Adjustment:
    return Adjustment(
        longer=row.longer,
        spoken=row.spoken,
        reason=row.reason,
        approved_by=row.approved_by_id,
        approved_at=row.approved_at,
    )
