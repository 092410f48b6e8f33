"""From a clipped proposal to the entries that say so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lms.evidence.data import CreditProposal, ReasonCode, ResultProposal, Stretch
from lms.ledger.data import EntryKind
from lms.ledger.rules import EARNED_AS, Clipped, RefusedPiece, day_of, split_refused
from lms.lib.localday import to_ms

NO_DETAIL: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry before it has a place in a chain. `part` numbers the entries of one piece of evidence."""

    kind: EntryKind
    reason: ReasonCode
    day: date
    seconds: int
    milliseconds: int
    pieces: tuple[Stretch, ...]
    part: int
    detail: Mapping[str, Any] = field(default_factory=dict)


def draft_entries(
    proposal: CreditProposal, clipped: Clipped, *, covered_before_ms: int, first_part: int = 0
) -> tuple[EntryDraft, ...]:
    """The entries of one proposal: per day one credit and one refusal for each reason, then the exam's result.

    An entry's seconds are the difference of the unit's whole seconds after and before it, so that all entries of a
    unit add up to its milliseconds rounded down once.
    """
    refused = (*split_refused(proposal.refused), *clipped.refused)
    drafts: list[EntryDraft] = []
    covered = covered_before_ms
    for day in sorted({piece.day for piece in clipped.credited} | {piece.day for piece in refused}):
        pieces = join_pieces(piece.stretch for piece in clipped.credited if piece.day == day)
        if pieces:
            length = total_ms(pieces)
            drafts.append(
                EntryDraft(
                    kind=EntryKind.CREDIT,
                    reason=EARNED_AS[proposal.mode],
                    day=day,
                    seconds=(covered + length) // 1000 - covered // 1000,
                    milliseconds=length,
                    pieces=pieces,
                    part=first_part + len(drafts),
                )
            )
            covered += length
        of_day = [piece for piece in refused if piece.day == day]
        for reason in sorted({piece.reason for piece in of_day}):
            drafts.append(_refusal(proposal, day, reason, of_day, first_part + len(drafts)))
    if proposal.result is not None:
        drafts.append(_result(proposal, proposal.result, first_part + len(drafts)))
    return tuple(drafts)


def result_detail(result: ResultProposal) -> dict[str, Any]:
    """An exam's outcome as it stands in the entry."""
    return {
        "assessor": result.assessor_id,
        "exam_kind": result.exam_kind.value,
        "pass_mark": result.pass_mark,
        "passed": result.passed,
        "score": result.score,
        "version": result.version,
    }


def join_pieces(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same stretches in wall order, those that touch in wall and media made one."""
    joined: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda item: item.wall_from_ms):
        last = joined[-1] if joined else None
        if last and last.wall_to_ms == stretch.wall_from_ms and last.media_to_ms == stretch.media_from_ms:
            joined[-1] = last.part(last.wall_from_ms, stretch.wall_to_ms)
        else:
            joined.append(stretch)
    return tuple(joined)


def total_ms(stretches: Iterable[Stretch]) -> int:
    """The summed length of the stretches."""
    return sum(stretch.length_ms for stretch in stretches)


def _refusal(
    proposal: CreditProposal, day: date, reason: ReasonCode, refused: list[RefusedPiece], part: int
) -> EntryDraft:
    pieces = join_pieces(piece.stretch for piece in refused if piece.reason == reason)
    length = total_ms(pieces)
    # Practice refused for its order may be judged again when late theory arrives: keep what that needs.
    again = reason is ReasonCode.ORDER_GATE and proposal.unit_limit_ms is not None
    return EntryDraft(
        kind=EntryKind.REFUSAL,
        reason=reason,
        day=day,
        seconds=length // 1000,
        milliseconds=length,
        pieces=pieces,
        part=part,
        detail={"unit_limit_ms": proposal.unit_limit_ms} if again else NO_DETAIL,
    )


def _result(proposal: CreditProposal, result: ResultProposal, part: int) -> EntryDraft:
    return EntryDraft(
        kind=EntryKind.RESULT,
        reason=ReasonCode.EXAMINED,
        day=day_of(to_ms(proposal.occurred_at)),
        seconds=0,
        milliseconds=0,
        pieces=(),
        part=part,
        detail=result_detail(result),
    )
