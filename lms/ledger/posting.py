"""Posting: the only way by which seconds come into the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from courses.data import UnitMode
from lms.evidence.data import CreditProposal, ReasonCode
from lms.hours.data import HourLimits
from lms.ledger.data import EntryKind, PostedCredit
from lms.ledger.entries import draft_entries
from lms.ledger.gate import GateKeeper, SecondJudgement
from lms.ledger.locks import HeadState, lock_heads
from lms.ledger.precedence import displaced_by, make_room
from lms.ledger.rules import Clipped, clip_credit, judge_order, share_room, spans_touched, split_days
from lms.ledger.standings import Need, Standings, UnitOwner
from lms.ledger.writing import EntryWriter
from lms.lib.arrays import plain
from lms.lib.localday import to_ms

_POSTED = """
SELECT entry.evidence_id, entry.enrolment_id, entry.kind, entry.reason, entry.seconds, entry.milliseconds, entry.seq
FROM ledger_entrykey entered
JOIN ledger_entry entry ON entry.learner_id = entered.learner_id AND entry.seq = entered.seq
WHERE entered.evidence_id = ANY(%s::uuid[]) AND NOT entered.reversal
"""
Line = tuple[EntryKind, ReasonCode, int, int]


def post_credit(*, proposal: CreditProposal, now: datetime, limits: HourLimits | None = None) -> PostedCredit:
    """The ledger holds what this proposal is worth beside everything else of its learner, once however often asked.

    `limits` replace those that the proposal carries. Announces `ledger.posted` with key `<enrolment>:<seq>`.
    """
    judged = proposal if limits is None else replace(proposal, limits=limits)
    return post_credits(proposals=(judged,), now=now)[0]


def post_credits(*, proposals: Sequence[CreditProposal], now: datetime) -> tuple[PostedCredit, ...]:
    """As `post_credit` for many, in one transaction and a fixed number of statements; answers in the order given.

    The proposals of one learner are judged in order of their wall time, learners are locked in order of their ids.
    """
    if not proposals:
        return ()
    with transaction.atomic():
        heads = lock_heads(proposal.learner_id for proposal in proposals)
        known = _posted({proposal.evidence_id for proposal in proposals})
        fresh = {proposal.evidence_id: proposal for proposal in proposals if proposal.evidence_id not in known}
        poster = _Poster(heads, now)
        known |= poster.post(sorted(fresh.values(), key=_by_learner_and_wall))
        poster.write()
    return tuple(known[proposal.evidence_id] for proposal in proposals)


class _Poster:
    """One transaction's posting, under the lock of every learner it touches."""

    def __init__(self, heads: dict[int, HeadState], now: datetime) -> None:
        self._heads = heads
        self._now = now
        self._asked: Sequence[CreditProposal] = ()
        self._begin()

    def _begin(self) -> None:
        self._standings = Standings()
        self._writer = EntryWriter(self._heads, now=self._now)
        self._gates = GateKeeper()

    def post(self, proposals: Sequence[CreditProposal]) -> dict[UUID, PostedCredit]:
        self._asked = proposals
        self._load(proposals)
        return {proposal.evidence_id: self._post(proposal) for proposal in proposals}

    def write(self) -> None:
        self._standings.write()
        self._writer.write()

    def _post(self, proposal: CreditProposal) -> PostedCredit:
        posted, may_open = self._enter(proposal, first_part=0)
        if may_open:
            for again in list(self._gates.take_back_refusals(proposal, self._writer)):
                self._enter_again(again)
        return posted

    def _enter_again(self, again: SecondJudgement) -> None:
        self._load((again.proposal,))
        self._enter(again.proposal, first_part=again.first_part)

    def _enter(self, proposal: CreditProposal, *, first_part: int) -> tuple[PostedCredit, bool]:
        """What the proposal brought, and whether it may move the instant from which practice counts."""
        judged = proposal
        if proposal.gate and proposal.mode is UnitMode.PRACTICE:
            judged = judge_order(proposal, self._gates.opened_at(proposal))
        unit_key = (judged.enrolment_id, judged.unit_key)
        before = self._standings.units[unit_key]
        clipped = self._clip(judged)
        displaced: tuple[SecondJudgement, ...] = ()
        if wanted := displaced_by(judged, clipped):
            self._start_afresh()
            displaced = make_room(judged, wanted, self._heads, self._now)
            self._load(self._asked)
            self._load((judged,))
            before = self._standings.units[unit_key]
            clipped = self._clip(judged)
        drafts = draft_entries(judged, clipped, covered_before_ms=before.covered_ms, first_part=first_part)
        for draft in drafts:
            self._writer.append(draft, judged)
        if drafts:
            owner = UnitOwner(learner_id=judged.learner_id, class_run_id=judged.class_run_id, mode=judged.mode)
            self._standings.set_unit(unit_key, clipped.unit, owner)
        for day, standing in clipped.days.items():
            self._standings.set_day((judged.learner_id, day), standing)
        may_open = self._gates.note(judged, clipped)
        posted = _summary(
            judged.evidence_id,
            judged.enrolment_id,
            [(draft.kind, draft.reason, draft.seconds, draft.milliseconds) for draft in drafts],
            self._heads[judged.learner_id].seq,
        )
        for again in displaced:
            self._enter_again(again)
        return posted, may_open

    def _clip(self, judged: CreditProposal) -> Clipped:
        share = judged.share
        units = self._standings.units
        covered = {unit: units[judged.enrolment_id, unit].covered_ms for unit in _shared_units(judged)}
        return clip_credit(
            stretches=judged.stretches,
            mode=judged.mode,
            limits=judged.limits,
            unit_limit_ms=judged.unit_limit_ms,
            share_room_ms=None if share is None else share_room(share, judged.unit_key, covered),
            unit=units[judged.enrolment_id, judged.unit_key],
            days={
                day: self._standings.days[judged.learner_id, day]
                for span in spans_touched(judged.stretches, judged.limits)
                for day, _, _ in split_days(*span)
            },
        )

    def _start_afresh(self) -> None:
        """Everything so far is stored, and what follows is read anew."""
        self.write()
        self._begin()

    def _load(self, proposals: Iterable[CreditProposal]) -> None:
        self._standings.load(
            Need(
                learner_id=proposal.learner_id,
                units=[(proposal.enrolment_id, unit) for unit in _shared_units(proposal)],
                spans=spans_touched(proposal.stretches, proposal.limits),
            )
            for proposal in proposals
        )


def _shared_units(proposal: CreditProposal) -> set[str]:
    """The proposal's own unit and those with which it shares the bound on online hours."""
    others = proposal.share.units if proposal.share else ()
    return {proposal.unit_key, *(unit.unit_key for unit in others)}


def _by_learner_and_wall(proposal: CreditProposal) -> tuple[int, int, UUID]:
    first = min((stretch.wall_from_ms for stretch in proposal.stretches), default=to_ms(proposal.occurred_at))
    return proposal.learner_id, first, proposal.evidence_id


def _posted(evidence_ids: set[UUID]) -> dict[UUID, PostedCredit]:
    """What each piece of evidence brought when it was posted; nothing for those that were not."""
    enrolments: dict[UUID, int] = {}
    last_seq: dict[UUID, int] = {}
    lines: dict[UUID, list[Line]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_POSTED, [plain(evidence_ids)])
        for evidence_id, enrolment_id, kind, reason, seconds, length, seq in cursor.fetchall():
            enrolments[evidence_id] = enrolment_id
            last_seq[evidence_id] = max(seq, last_seq.get(evidence_id, 0))
            lines[evidence_id].append((EntryKind(kind), ReasonCode(reason), seconds, length))
    return {
        evidence_id: _summary(evidence_id, enrolments[evidence_id], found, last_seq[evidence_id])
        for evidence_id, found in lines.items()
    }


def _summary(
    evidence_id: UUID,
    enrolment_id: int,
    lines: Sequence[Line],
    head_seq: int,
) -> PostedCredit:
    refused: dict[ReasonCode, int] = {}
    for kind, reason, _, length in lines:
        if kind is EntryKind.REFUSAL:
            refused[reason] = refused.get(reason, 0) + length
    earned = [(seconds, length) for kind, _, seconds, length in lines if kind is EntryKind.CREDIT]
    return PostedCredit(
        evidence_id=evidence_id,
        enrolment_id=enrolment_id,
        credited_seconds=sum(seconds for seconds, _ in earned),
        credited_ms=sum(length for _, length in earned),
        refused=refused,
        head_seq=head_seq,
    )
