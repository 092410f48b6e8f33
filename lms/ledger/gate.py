"""The order gate: practice counts only after the online theory is complete (HRS-06), by wall time.

Where late theory arrives, practice that was refused for its order is judged again: its refusal is taken back by a
reversal, and the evidence is entered anew under the next part numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec
from django.db import connection

from courses.data import UnitCategory, UnitMode
from lms.evidence.data import CreditProposal, ReasonCode, Stretch
from lms.ledger.chain import EntryFacts
from lms.ledger.data import EntryKind
from lms.ledger.reading import facts_of, read_pieces, reversal_of, with_columns
from lms.ledger.rules import opened_at
from lms.ledger.writing import EntryWriter

_THEORY = """
SELECT unit_key, kind, pieces FROM ledger_entry
WHERE enrolment_id = %s AND unit_key = ANY(%s::text[])
  AND (kind = 'credit' OR (kind = 'reversal' AND detail->>'kind' = 'credit'))
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


class GateKeeper:
    """What one transaction knows about theory earned and practice refused for its order. The heads must be locked."""

    def __init__(self) -> None:
        self._stored: dict[int, dict[str, list[Stretch]]] = {}
        self._fresh: dict[int, dict[str, list[Stretch]]] = defaultdict(lambda: defaultdict(list))
        self._taken_back: set[tuple[str, int]] = set()

    def note(self, proposal: CreditProposal, credited: Sequence[Stretch]) -> None:
        """This much was credited in this transaction and is not stored yet."""
        if proposal.gate and credited:
            self._fresh[proposal.enrolment_id][proposal.unit_key] += credited

    def opened_at(self, proposal: CreditProposal) -> int | None:
        """The wall instant at which the last gate unit was complete; None: one is not."""
        enrolment = proposal.enrolment_id
        if enrolment not in self._stored:
            self._stored[enrolment] = _earned(enrolment, [unit.unit_key for unit in proposal.gate])
        stored, fresh = self._stored[enrolment], self._fresh[enrolment]
        instants = [
            opened_at(unit.required_seconds * 1000, [*stored.get(unit.unit_key, ()), *fresh.get(unit.unit_key, ())])
            for unit in proposal.gate
        ]
        return None if None in instants else max(filter(None, instants), default=0)

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


def _earned(enrolment_id: int, unit_keys: Sequence[str]) -> dict[str, list[Stretch]]:
    """The stretches credited for these units so far, without those that were taken back."""
    earned: dict[str, list[Stretch]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_THEORY, [enrolment_id, list(unit_keys)])
        rows = [(unit, kind, read_pieces(msgspec.json.decode(pieces))) for unit, kind, pieces in cursor.fetchall()]
    for unit, kind, pieces in rows:
        if kind == EntryKind.CREDIT:
            earned[unit] += pieces
    for unit, kind, pieces in rows:
        if kind == EntryKind.REVERSAL:
            earned[unit] = [piece for piece in earned[unit] if piece not in pieces]
    return earned


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
    )
