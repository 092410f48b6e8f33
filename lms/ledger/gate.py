"""The order gate: practice counts only after the online theory is complete (HRS-06), by wall time.

Where late theory arrives, practice that was refused for its order is judged again: its refusal is taken back by a
reversal, and the evidence is entered anew under the next part numbers. Theory that was watched before, but came in
after a later viewing of the same media, moves the instant as well (it is refused as a repetition).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import msgspec
from django.db import connection

from courses.data import UnitCategory, UnitMode
from lms.evidence.data import CreditProposal, ReasonCode, Stretch
from lms.ledger.chain import EntryFacts
from lms.ledger.data import EntryKind
from lms.ledger.reading import facts_of, read_pieces, reversal_of, with_columns
from lms.ledger.rules import Clipped, opened_at
from lms.ledger.writing import EntryWriter

_THEORY = """
SELECT seq, unit_key, kind, pieces, (detail->>'reverses')::bigint FROM ledger_entry
WHERE enrolment_id = %s AND unit_key = ANY(%s::text[])
  AND (kind = 'credit' OR (kind = 'refusal' AND reason = 'dup_media')
    OR (kind = 'reversal' AND detail->>'kind' = 'credit'))
"""
_REFUSED = with_columns("""
SELECT {columns}, (SELECT max(used.part) FROM ledger_entrykey used WHERE used.evidence_id = entry.evidence_id)
FROM ledger_entry entry
WHERE entry.enrolment_id = %s AND entry.kind = 'refusal' AND entry.reason = 'order_gate'
  AND NOT EXISTS (SELECT 1 FROM ledger_entrykey taken WHERE taken.evidence_id = entry.evidence_id
                  AND taken.part = entry.part AND taken.kind = 'refusal' AND taken.reversal)
ORDER BY entry.seq
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondJudgement:
    """Practice to be entered again, its entries numbered from `first_part`."""

    proposal: CreditProposal
    first_part: int


@dataclass(slots=True)
class _Learnt:
    """One unit of theory: what is credited, and what was refused because it is."""

    credited: list[Stretch] = field(default_factory=list)
    again: list[Stretch] = field(default_factory=list)


Theory = defaultdict[str, _Learnt]


class GateKeeper:
    """What one transaction knows about theory learnt and practice refused for its order. The heads must be locked."""

    def __init__(self) -> None:
        self._theory: dict[int, Theory] = {}
        self._taken_back: set[tuple[str, int]] = set()

    def note(self, proposal: CreditProposal, clipped: Clipped) -> bool:
        """This came of theory in this transaction and is not stored yet; whether it may move the gate's instant."""
        credited = [piece.stretch for piece in clipped.credited]
        again = [piece.stretch for piece in clipped.refused if piece.reason is ReasonCode.DUP_MEDIA]
        if proposal.mode is UnitMode.PRACTICE or not proposal.gate or not (credited or again):
            return False
        learnt = self._of(proposal)[proposal.unit_key]
        learnt.credited += credited
        learnt.again += again
        return True

    def opened_at(self, proposal: CreditProposal) -> int | None:
        """The wall instant at which the last gate unit was complete; None: one is not."""
        theory = self._of(proposal)
        instants = [
            opened_at(
                unit.required_seconds * 1000,
                theory[unit.unit_key].credited,
                theory[unit.unit_key].again,
            )
            for unit in proposal.gate
        ]
        return None if None in instants else max(filter(None, instants), default=0)

    def _of(self, proposal: CreditProposal) -> Theory:
        enrolment = proposal.enrolment_id
        if enrolment not in self._theory:
            self._theory[enrolment] = _learnt(enrolment, [unit.unit_key for unit in proposal.gate])
        return self._theory[enrolment]

    def take_back_refusals(self, proposal: CreditProposal, writer: EntryWriter) -> Iterable[SecondJudgement]:
        """The enrolment's practice that the gate now lets through: its refusals are reversed, and it is asked anew."""
        opened = self.opened_at(proposal)
        if opened is None:
            return
        for facts, last_part in _refused_for_order(proposal.enrolment_id):
            key = (facts.evidence, facts.part)
            if key in self._taken_back or all(row[1] <= opened for row in facts.pieces):
                continue
            self._taken_back.add(key)
            writer.append_facts(reversal_of(facts, reason=ReasonCode.ORDER_GATE, detail={}))
            first_part = max(last_part, writer.last_part(facts.evidence)) + 1
            yield SecondJudgement(proposal=_asked_again(facts, proposal), first_part=first_part)


def _learnt(enrolment_id: int, unit_keys: Sequence[str]) -> Theory:
    """What was learnt of these units so far, without the credits that were taken back."""
    theory: Theory = defaultdict(_Learnt)
    with connection.cursor() as cursor:
        cursor.execute(_THEORY, [enrolment_id, list(unit_keys)])
        rows = cursor.fetchall()
    taken_back = {reverses for _, _, kind, _, reverses in rows if kind == EntryKind.REVERSAL}
    for seq, unit, kind, pieces, _ in rows:
        stretches = read_pieces(msgspec.json.decode(pieces))
        if kind == EntryKind.CREDIT and seq not in taken_back:
            theory[unit].credited += stretches
        elif kind == EntryKind.REFUSAL:
            theory[unit].again += stretches
    return theory


def _refused_for_order(enrolment_id: int) -> Iterable[tuple[EntryFacts, int]]:
    """Standing refusals for order, each with the highest part number that its evidence has used."""
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED, [enrolment_id])
        return [(facts_of(row), row[-1]) for row in cursor.fetchall()]


def _asked_again(facts: EntryFacts, theory: CreditProposal) -> CreditProposal:
    return replace(
        theory,
        evidence_id=UUID(facts.evidence),
        evidence_digest=facts.evidence_digest,
        unit_key=facts.unit,
        mode=UnitMode(facts.mode),
        category=UnitCategory.PRACTICE,
        stretches=read_pieces(facts.pieces),
        refused=(),
        result=None,
        source=facts.source,
        source_revision=facts.source_revision,
        captured_by=facts.captured_by,
        unit_limit_ms=facts.detail.get("unit_limit_ms"),
        share=None,
    )
