"""Reading flags and deciding on them: always a person, always with a reason, never twice the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from lms.accounts.api import record_audit
from lms.enrolment import api as enrolment
from lms.lib.localday import local_day
from lms.oversight.data import (
    FlagFacts,
    FlagNotFound,
    FlagState,
    FlagVerdict,
    RuleShare,
    SubjectKind,
    UnableToDecide,
)
from lms.oversight.models import Flag, FlagDecision
from lms.oversight.registry import installed_rules

_LATEST = FlagDecision.objects.filter(flag=OuterRef("pk")).order_by("-pk").values("outcome")[:1]


def open_flags(*, enrolment_ids: Collection[int], include_confirmed: bool = True) -> tuple[FlagFacts, ...]:
    """The flags on these enrolments that nobody has cleared, oldest first; flags on devices speak of no enrolment."""
    states = [FlagState.OPEN, FlagState.CONFIRMED] if include_confirmed else [FlagState.OPEN]
    rows = _with_state(Flag.objects.filter(enrolment_id__in=enrolment_ids)).filter(state__in=states)
    return tuple(_facts(row) for row in rows.order_by("pk"))


def flags_for_officer(
    *, officer_id: int, now: datetime, state: FlagState | None = FlagState.OPEN, rule: str = ""
) -> QuerySet[Any]:
    """The flags of the classes that the officer looks after, newest first, ready to be paged; see `facts_of`."""
    rows = _with_state(Flag.objects.filter(class_run_id__in=_own_class_runs(officer_id, now)))
    if state is not None:
        rows = rows.filter(state=state)
    return (rows.filter(rule=rule) if rule else rows).order_by("-raised_at", "-pk")


def facts_of(row: Any) -> FlagFacts:
    """What may leave the package of a row of `flags_for_officer`."""
    return _facts(row)


def get_flag(*, flag_id: int, officer_id: int, now: datetime) -> tuple[FlagFacts, tuple[FlagVerdict, ...]]:
    """The flag and all that was decided on it, the newest first. Raises FlagNotFound."""
    row = _with_state(Flag.objects.filter(pk=flag_id)).first()
    if row is None or row.class_run_id not in _own_class_runs(officer_id, now, among={row.class_run_id}):
        raise FlagNotFound(flag_id)
    decisions = FlagDecision.objects.filter(flag_id=flag_id).order_by("-pk")
    verdicts = tuple(
        FlagVerdict(
            state=FlagState(one.outcome), reason=one.reason, decided_by=one.decided_by_id, decided_at=one.decided_at
        )
        for one in decisions
    )
    state = verdicts[0].state if verdicts else FlagState.OPEN  # of the same moment as the verdicts
    return replace(_facts(row), state=state), verdicts


def decide_flag(*, flag_id: int, officer_id: int, outcome: FlagState, reason: str, now: datetime) -> None:
    """The officer's decision on the flag is on record, with its reason, and in the audit log.

    Raises FlagNotFound, UnableToDecide (reason_needed; already_so, decided_meanwhile: somebody else was quicker).
    """
    reason = reason.strip()
    if not reason or outcome is FlagState.OPEN:
        raise UnableToDecide("reason_needed")
    flag, verdicts = get_flag(flag_id=flag_id, officer_id=officer_id, now=now)
    if flag.state is outcome:
        raise UnableToDecide("already_so")
    decision = FlagDecision(
        flag_id=flag_id, number=len(verdicts) + 1, outcome=outcome.value, reason=reason[:500],
        decided_by_id=officer_id, decided_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            decision.save()
            record_audit(
                actor_id=officer_id, action=f"flag_{outcome.value}", object_kind="flag", object_id=flag_id, now=now,
                detail={"rule": flag.rule},
            )  # fmt: skip
    except IntegrityError as error:  # a colleague was quicker: look at the flag again
        raise UnableToDecide("decided_meanwhile") from error


def rule_shares() -> tuple[RuleShare, ...]:
    """For each installed rule, how many of its flags wait and what people decided on the others, over all districts."""
    rows = _with_state(Flag.objects.all()).values("rule", "state").order_by().annotate(flags=Count("pk"))
    counted = Counter({(row["rule"], row["state"]): row["flags"] for row in rows})
    return tuple(
        RuleShare(
            rule=code,
            open=counted[code, FlagState.OPEN.value],
            cleared=counted[code, FlagState.CLEARED.value],
            confirmed=counted[code, FlagState.CONFIRMED.value],
        )
        for code in installed_rules()
    )


def _own_class_runs(officer_id: int, now: datetime, among: Collection[int] | None = None) -> frozenset[int]:
    flagged = among if among is not None else set(Flag.objects.values_list("class_run_id", flat=True).distinct())
    return enrolment.looked_after_among(officer_id=officer_id, class_run_ids=flagged, day=local_day(now))


def _with_state(rows: QuerySet[Flag]) -> QuerySet[Any]:
    return rows.annotate(state=Coalesce(Subquery(_LATEST), Value(FlagState.OPEN.value))).select_related("enrolment")


def _facts(row: Any) -> FlagFacts:
    return FlagFacts(
        flag_id=row.pk,
        rule=row.rule,
        subject_kind=SubjectKind(row.subject_kind),
        subject=row.subject,
        class_run_id=row.class_run_id,
        enrolment_id=row.enrolment_id,
        learner_id=row.enrolment.person_id if row.enrolment else None,
        window_from=row.window_from,
        window_to=row.window_to,
        figures=row.figures,
        raised_at=row.raised_at,
        state=FlagState(row.state),
    )
