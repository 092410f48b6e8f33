"""Which kind of learning goes first where a full day has no room for both: online, then practice, then mentoring.

Which arrives first must not decide it (practice is signed off days later). So where the day's total refuses time of an
earlier kind, time of a later kind that already counts makes room: its entry is taken back by a reversal, and its
evidence is entered anew under the next part numbers, cut by exactly what it gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from courses.data import UnitCategory, UnitMode
from lms.evidence.data import CreditProposal, ReasonCode
from lms.ledger.chain import EntryFacts
from lms.ledger.gate import SecondJudgement
from lms.ledger.locks import HeadState
from lms.ledger.reading import facts_of, read_pieces, reversal_of, with_columns
from lms.ledger.reversing import give_back
from lms.ledger.rules import Clipped, room_from_later_modes
from lms.ledger.standings import Standings, month_of
from lms.ledger.writing import EntryWriter
from lms.lib.localday import day_span

_LATER = {
    UnitMode.VIDEO: (UnitMode.MENTORING, UnitMode.PRACTICE),
    UnitMode.LIVE: (UnitMode.MENTORING, UnitMode.PRACTICE),
    UnitMode.PRACTICE: (UnitMode.MENTORING,),
}
_CREDITED = with_columns("""
SELECT {columns}, (SELECT max(used.part) FROM ledger_entrykey used WHERE used.evidence_id = entry.evidence_id)
FROM ledger_entry entry
WHERE entry.learner_id = %s AND entry.mode = ANY(%s::text[]) AND entry.seq IN (
  SELECT taken.seq FROM ledger_occupied taken
  WHERE taken.learner_id = %s AND taken.month_on = %s AND taken.during && int8range(%s, %s))
ORDER BY array_position(%s::text[], entry.mode::text), entry.seq DESC
""")


def displaced_by(proposal: CreditProposal, clipped: Clipped) -> Mapping[date, int]:
    """Milliseconds that time of later kinds must give to this proposal, by day; empty nearly always."""
    refused: dict[date, int] = {}
    for piece in clipped.refused:
        if piece.reason is ReasonCode.DAILY_CAP:
            refused[piece.day] = refused.get(piece.day, 0) + piece.stretch.length_ms
    wanted = {
        day: room_from_later_modes(proposal.mode, clipped.days[day], missing, proposal.limits)
        for day, missing in refused.items()
    }
    return {day: room for day, room in wanted.items() if room}


def make_room(
    proposal: CreditProposal, wanted: Mapping[date, int], heads: dict[int, HeadState], now: datetime
) -> tuple[SecondJudgement, ...]:
    """So much time of later kinds is taken back on each day; what is to be entered again, in the order it was entered.

    Everything that the transaction did before must be stored; so is what is done here.
    """
    standings, writer = Standings(), EntryWriter(heads, now=now)
    again: list[tuple[int, SecondJudgement]] = []
    for day, missing in sorted(wanted.items()):
        for facts, last_part in _giving(_credited(proposal, day), missing):
            give_back(facts, standings)
            detail = {"made_room_for": str(proposal.evidence_id)}
            writer.append_facts(reversal_of(facts, reason=ReasonCode.DAILY_CAP, detail=detail))
            judgement = SecondJudgement(proposal=_asked_again(facts, proposal), first_part=last_part + 1)
            again.append((facts.seq, judgement))
    standings.write()
    writer.write()
    return tuple(judgement for _, judgement in sorted(again, key=lambda item: item[0]))


def _credited(proposal: CreditProposal, day: date) -> list[tuple[EntryFacts, int]]:
    """The standing credits of later kinds on that day, the latest kind and the newest entry first, each with the
    highest part number that its evidence has used."""
    later = [mode.value for mode in _LATER[proposal.mode]]
    span = day_span(day, day)
    with connection.cursor() as cursor:
        cursor.execute(_CREDITED, [proposal.learner_id, later, proposal.learner_id, month_of(day), *span, later])
        return [(facts_of(row), row[-1]) for row in cursor.fetchall()]


def _giving(credited: Iterable[tuple[EntryFacts, int]], missing: int) -> Iterator[tuple[EntryFacts, int]]:
    """The first credits that together hold what is missing."""
    for facts, last_part in credited:
        if missing <= 0:
            return
        missing -= facts.milliseconds
        yield facts, last_part


def _asked_again(facts: EntryFacts, earlier: CreditProposal) -> CreditProposal:
    """What a displaced entry had been credited. It passed order and filed length then and is not asked for them now."""
    return replace(
        earlier,
        evidence_id=UUID(facts.evidence),
        evidence_digest=facts.evidence_digest,
        enrolment_id=facts.enrolment,
        class_run_id=facts.class_run,
        unit_key=facts.unit,
        mode=UnitMode(facts.mode),
        category=UnitCategory.PRACTICE,
        stretches=read_pieces(facts.pieces),
        refused=(),
        result=None,
        source=facts.source,
        source_revision=facts.source_revision,
        captured_by=facts.captured_by,
        limits=replace(earlier.limits, pack=facts.hour_pack),
        unit_limit_ms=None,
        gate=(),
        share=None,
    )
