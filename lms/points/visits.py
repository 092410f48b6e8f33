"""One person at one device: asked on the device, checked in, seen, checked out, or over by rule."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from lms.accounts.api import get_person, has_role, record_audit
from lms.accounts.data import Role
from lms.hours.api import CURRENT_PACK, limits_for
from lms.lib.localday import local_day
from lms.points.data import EndReason, NotYours, ProofKind, UnableAtPoint, VisitFacts
from lms.points.models import PointDevice, Visit, VisitProof
from lms.points.rules import MOST_TRIES, asked_too_long_ago, counted_span, is_forgotten, proof_due

_CATEGORY = "online_class"


def ask_in(*, device_id: int, learner_id: int, now: datetime) -> VisitFacts:
    """The person waits at the device to be checked in. Asking again changes nothing.

    Raises UnableAtPoint: `device_taken` while somebody else is at it, `elsewhere` while the person is at another one.
    """
    with transaction.atomic():
        device = PointDevice.objects.select_for_update().filter(pk=device_id, revoked_at=None).first()
        if device is None:
            raise NotYours(device_id)
        for row in Visit.objects.select_for_update().filter(_at(device_id, learner_id), ended_at=None).order_by("pk"):
            _end_by_rule(row, now)
        open_rows = list(Visit.objects.filter(_at(device_id, learner_id), ended_at=None))
        mine = next((row for row in open_rows if (row.device_id, row.learner_id) == (device_id, learner_id)), None)
        if mine is not None:
            return visit_facts(mine)
        if open_rows:
            raise UnableAtPoint("elsewhere" if open_rows[0].learner_id == learner_id else "device_taken")
        try:
            with transaction.atomic():
                row = Visit.objects.create(device=device, learner_id=learner_id, asked_at=now)
        except IntegrityError as error:  # the same person asked at another device at the same moment
            raise UnableAtPoint("elsewhere") from error
    return visit_facts(row)


def check_in(*, visit_id: int, supervisor_id: int, last4: str, now: datetime) -> VisitFacts:
    """The supervisor has seen the person and the card: the visit counts from now on. Checking in twice changes nothing.

    `last4` are the last characters of the number on the card. Raises NotYours, UnableAtPoint: `card` where they do not
    fit (five tries), `over` for a visit that has ended, `asked_long_ago`, `no_card` for a person without a number.
    """
    with transaction.atomic():
        row = _locked(visit_id, supervisor_id, local_day(now))
        if row.in_at is not None and row.ended_at is None:
            return visit_facts(row)
        refused = "over" if row.ended_at else _judge_card(row, last4, now)
        if not refused:
            row.in_at = row.last_proof_at = now
            row.supervisor_id = supervisor_id
            row.save()
            _prove(row, ProofKind.IN, supervisor_id, now)
            _audit("point_check_in", row, supervisor_id, now)
    if refused:
        raise UnableAtPoint(refused)
    return visit_facts(row)


def confirm_there(*, visit_id: int, supervisor_id: int, now: datetime) -> VisitFacts:
    """The supervisor has seen that the person is still there. Raises NotYours, UnableAtPoint (`over`)."""
    with transaction.atomic():
        row = _locked(visit_id, supervisor_id, local_day(now))
        over = _end_by_rule(row, now) or row.in_at is None
        if not over:
            row.last_proof_at, row.supervisor_id = now, supervisor_id
            row.save(update_fields=["last_proof_at", "supervisor"])
            _prove(row, ProofKind.SEEN, supervisor_id, now)
    if over:
        raise UnableAtPoint("over")
    return visit_facts(row)


def check_out(*, visit_id: int, supervisor_id: int, last4: str, now: datetime) -> VisitFacts:
    """The supervisor has looked at the card again and let the person go: the visit counts until now. Twice changes
    nothing. Raises NotYours, UnableAtPoint (`card`, `over`)."""
    with transaction.atomic():
        row = _locked(visit_id, supervisor_id, local_day(now))
        if row.end_reason == EndReason.CHECKED_OUT:
            return visit_facts(row)
        refused = ""
        if _end_by_rule(row, now) or row.in_at is None:
            refused = "over"
        elif not _fits(row, last4):
            refused = "card"
        else:
            row.last_proof_at, row.supervisor_id = now, supervisor_id
            _prove(row, ProofKind.OUT, supervisor_id, now)
            _end(row, EndReason.CHECKED_OUT, now)
            _audit("point_check_out", row, supervisor_id, now)
    if refused:
        raise UnableAtPoint(refused)
    return visit_facts(row)


def leave(*, learner_id: int, now: datetime) -> VisitFacts | None:
    """The person has gone without a check-out; what counts ends with the last proof. None where nobody was there."""
    with transaction.atomic():
        row = Visit.objects.select_for_update().filter(learner_id=learner_id, ended_at=None).first()
        if row is None:
            return None
        _end(row, EndReason.LEFT, now)
    return visit_facts(row)


def end_forgotten(*, now: datetime, limit: int = 500) -> int:
    """Visits that nobody proved for too long, and wishes that nobody answered, are over; how many."""
    ended = 0
    for visit_id in list(Visit.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            row = Visit.objects.select_for_update().filter(pk=visit_id, ended_at=None).first()
            ended += 1 if row is not None and _end_by_rule(row, now) else 0
    return ended


def visit_of(*, learner_id: int) -> VisitFacts | None:
    """The person's open visit, or None."""
    row = Visit.objects.filter(learner_id=learner_id, ended_at=None).first()
    return visit_facts(row) if row else None


def visits_at(*, point_id: int) -> tuple[VisitFacts, ...]:
    """The open visits at a point's devices."""
    return tuple(visit_facts(row) for row in Visit.objects.filter(device__point_id=point_id, ended_at=None))


def latest_visits(*, point_id: int, most: int = 20) -> tuple[VisitFacts, ...]:
    """The visits that ended last, newest first; wishes that came to nothing are left out."""
    rows = Visit.objects.filter(device__point_id=point_id, ended_at__isnull=False, in_at__isnull=False)
    return tuple(visit_facts(row) for row in rows.order_by("-ended_at", "-pk")[:most])


def supervised_spans(
    *, learner_id: int, device_id: int, from_at: datetime, to_at: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """When a named supervisor had the person before the eyes at that device: from check-in to the last proof of each
    visit, in order, cut to [from_at, to_at). What comes after the last proof may still become part of it."""
    rows = Visit.objects.filter(
        learner_id=learner_id, device_id=device_id, in_at__lt=to_at, last_proof_at__gt=from_at
    ).order_by("in_at")
    spans = [
        counted_span(row.in_at, row.last_proof_at, from_at=from_at, to_at=to_at)
        for row in rows
        if row.in_at is not None and row.last_proof_at is not None
    ]
    return tuple(span for span in spans if span is not None)


def supervisor_at(learner_id: int, at: datetime) -> int | None:
    """Who has the person before the eyes at that instant; None where nobody does, and once a proof is overdue."""
    row = Visit.objects.filter(learner_id=learner_id, ended_at=None, in_at__lte=at).first()
    if row is None or row.last_proof_at is None or is_forgotten(row.last_proof_at, at, proof_seconds=_proof_seconds()):
        return None
    return row.supervisor_id


def visit_facts(row: Visit) -> VisitFacts:
    due = proof_due(row.last_proof_at, proof_seconds=_proof_seconds()) if row.last_proof_at else None
    return VisitFacts(
        visit_id=row.pk,
        device_id=row.device_id,
        learner_id=row.learner_id,
        asked_at=row.asked_at,
        in_at=row.in_at,
        last_proof_at=row.last_proof_at,
        proof_due_at=due,
        ended_at=row.ended_at,
        end_reason=EndReason(row.end_reason) if row.end_reason else None,
        tries_left=max(MOST_TRIES - row.tries, 0),
    )


def _proof_seconds() -> int:
    return limits_for(pack=CURRENT_PACK, category=_CATEGORY).supervised_proof_seconds


def _at(device_id: int, learner_id: int) -> Q:
    return Q(device_id=device_id) | Q(learner_id=learner_id)


def _locked(visit_id: int, supervisor_id: int, day: date) -> Visit:
    """The visit, locked, for a supervisor of its point who is not the learner. Raises NotYours."""
    row = Visit.objects.select_for_update(of=("self",)).select_related("device__point").filter(pk=visit_id).first()
    if row is None or row.learner_id == supervisor_id:
        raise NotYours(visit_id)
    point = row.device.point
    named = point.supervisors.filter(person_id=supervisor_id, to_at=None).exists()
    if not named or not has_role(
        person_id=supervisor_id, organisation_id=point.organisation_id, roles=tuple(Role), day=day
    ):
        raise NotYours(visit_id)
    return row


def _judge_card(row: Visit, last4: str, now: datetime) -> str:
    """Why the person may not be checked in; empty when the card fits. Each wrong card is counted before the answer."""
    if asked_too_long_ago(row.asked_at, now):
        _end(row, EndReason.NOT_CHECKED_IN, now)
        return "asked_long_ago"
    if not get_person(person_id=row.learner_id).masked_id:
        return "no_card"
    if _fits(row, last4):
        return ""
    row.tries += 1
    row.save(update_fields=["tries"])
    if row.tries >= MOST_TRIES:
        _end(row, EndReason.NOT_CHECKED_IN, now)
    return "card"


def _fits(row: Visit, last4: str) -> bool:
    typed = last4.strip().upper()
    return len(typed) == 4 and get_person(person_id=row.learner_id).masked_id.endswith(typed)


def _end_by_rule(row: Visit, now: datetime) -> bool:
    """Whether the visit is over: it was before, or the rule has just ended it."""
    if row.ended_at is not None:
        return True
    if row.last_proof_at is None:
        over, reason = asked_too_long_ago(row.asked_at, now), EndReason.NOT_CHECKED_IN
    else:
        over, reason = is_forgotten(row.last_proof_at, now, proof_seconds=_proof_seconds()), EndReason.FORGOTTEN
    if over:
        _end(row, reason, now)
    return over


def _end(row: Visit, reason: EndReason, now: datetime) -> None:
    row.ended_at, row.end_reason = now, reason
    row.save(update_fields=["ended_at", "end_reason", "last_proof_at", "supervisor"])


def _prove(row: Visit, kind: ProofKind, supervisor_id: int, now: datetime) -> None:
    VisitProof(visit=row, kind=kind, supervisor_id=supervisor_id, at=now).save()


def _audit(action: str, row: Visit, supervisor_id: int, now: datetime) -> None:
    detail = {"visit": row.pk, "device": row.device_id}
    record_audit(
        actor_id=supervisor_id, action=action, object_kind="person", object_id=row.learner_id, now=now, detail=detail
    )
