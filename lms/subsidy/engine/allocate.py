"""Stage 2: claims in order of submission, each against what is already paid or pending, and against the money left.

One function does it for a single claim on locked rows and for a million claims in bulk. A claim takes a place
(its line, its hours, its money) only if it is not refused: a refused one uses up nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from lms.subsidy.data import EarlierLine, FactValue, LineStatus, Outcome
from lms.subsidy.engine.judge import Judged, judge
from lms.subsidy.engine.pack import Budget, PackSet


class Pot(NamedTuple):
    """One budget: a fund in a district in a calendar year (of submission, Asia/Shanghai)."""

    fund: str
    district: str
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim in the queue. `order` is (instant of submission in ms, sequence number): it decides who comes first."""

    claim_ref: str
    person_ref: str
    programme: str
    district: str
    order: tuple[int, int]
    values: Mapping[str, FactValue]


@dataclass(slots=True, kw_only=True)
class Taken:
    """What is taken so far: paid and pending lines by person, and the fen left in each pot that has a budget."""

    lines: MutableMapping[str, tuple[EarlierLine, ...]] = field(default_factory=dict)
    left_fen: MutableMapping[Pot, int] = field(default_factory=dict)
    last_order: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How one claim came out. `queued` means approved, but its pot is empty: it waits for next year's money."""

    claim_ref: str
    judged: Judged
    outcome: Outcome
    amount_fen: int
    pot: Pot | None
    queued: bool


class OutOfOrder(ValueError):
    """A claim was given before one that had been submitted earlier."""


def allocate(pack_set: PackSet, claims: Iterable[Claim], taken: Taken) -> Iterator[Allocation]:
    """Each claim's allocation, in order. `taken` grows as it goes. Raises OutOfOrder."""
    for claim in claims:
        yield allocate_one(pack_set, claim, taken)


def allocate_one(pack_set: PackSet, claim: Claim, taken: Taken) -> Allocation:
    """The next claim, judged beside everything taken before it; what it takes is noted in `taken`."""
    if taken.last_order is not None and claim.order <= taken.last_order:
        raise OutOfOrder(f"{claim.claim_ref} {claim.order} comes after {taken.last_order}")
    taken.last_order = claim.order
    judged = judge(pack_set, claim.programme, claim.values, taken.lines.get(claim.person_ref, ()))
    pot = _pot(judged, claim)
    outcome, amount, queued = judged.outcome, judged.amount_fen, False
    if outcome is Outcome.APPROVE and amount > 0 and pot is not None and pot in taken.left_fen:
        if amount <= taken.left_fen[pot]:
            taken.left_fen[pot] -= amount
        else:
            queued = _queues(judged.pack.budget)
            outcome, amount = (Outcome.HOLD if queued else Outcome.REFUSE), 0
    if outcome in (Outcome.APPROVE, Outcome.HOLD):
        before = taken.lines.get(claim.person_ref, ())
        taken.lines[claim.person_ref] = (*before, line_of(claim.claim_ref, claim.programme, claim.values))
    return Allocation(
        claim_ref=claim.claim_ref, judged=judged, outcome=outcome, amount_fen=amount, pot=pot, queued=queued
    )


def _queues(budget: Budget | None) -> bool:
    return budget is None or budget.queue


def _pot(judged: Judged, claim: Claim) -> Pot | None:
    submitted = claim.values.get("submitted_on")
    if not judged.scheme.fund or not isinstance(submitted, date):
        return None
    return Pot(judged.scheme.fund, claim.district, submitted.year)


def line_of(ref: str, programme: str, values: Mapping[str, FactValue]) -> EarlierLine:
    """The line that a claim leaves for later claims of the same person to run into."""
    named: dict[str, Any] = {fact: values.get(fact) for fact in _LINE_FACTS}
    keys = values.get("ledger_keys")
    return EarlierLine(
        line_ref=ref,
        programme=programme,
        status=LineStatus.PENDING,
        evidence=keys if isinstance(keys, frozenset) else frozenset(),
        **named,
    )


_LINE_FACTS = ("submitted_on", "occupation", "level", "project", "class_start_on", "class_end_on", "shortage")
