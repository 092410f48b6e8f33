"""What holds for evidence of every source. Pure: no clock, no database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from courses.data import CurriculumVersion, UnitCategory, UnitMode, UnitSpec
from lms.evidence.data import (
    AssessContext,
    CreditProposal,
    Evidence,
    EvidenceDraft,
    GateUnit,
    OnlineShare,
    ReasonCode,
    RefusedStretch,
    ResultProposal,
    Stretch,
    Tenure,
    UnableToRecord,
)
from lms.hours.data import HourLimits
from lms.lib.canonical import sha256_hex
from lms.lib.intervals import Span, intersect, subtract, union
from lms.lib.localday import day_start, to_ms, to_us

if TYPE_CHECKING:
    from lms.enrolment.data import EnrolmentFacts

DIGEST_VERSION = 1
ONLINE_MODES = (UnitMode.VIDEO, UnitMode.LIVE)
LONGEST_STRETCH_MS = 86_400_000
MOST_STRETCHES = 2_000
EARLIEST_MS = 1_500_000_000_000  # 2017: before the platform was thought of
_LATEST_MS = 1 << 53
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,200}")
_UNIT = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_canonical = msgspec.json.Encoder(order="deterministic")

Judged = tuple[tuple[Stretch, ...], tuple[RefusedStretch, ...]]


def evidence_bytes(evidence: Evidence | EvidenceDraft) -> bytes:
    """The canonical bytes that the digest seals: ids, instants and the payload, no personal data."""
    return content_bytes(
        source=evidence.source,
        learner_id=evidence.learner_id,
        enrolment_id=evidence.enrolment_id,
        unit_key=evidence.unit_key,
        stretches=[stretch_row(stretch) for stretch in evidence.stretches],
        payload=evidence.payload,
        captured_by=evidence.captured_by,
        captured_at_us=to_us(evidence.captured_at),
        external_key=evidence.external_key,
    )


def evidence_digest(evidence: Evidence | EvidenceDraft) -> str:
    """The SHA-256 over `evidence_bytes` as 64 hex digits."""
    return sha256_hex(evidence_bytes(evidence))


def content_digest(
    *,
    source: str,
    learner_id: int,
    enrolment_id: int,
    unit_key: str,
    stretches: Sequence[Sequence[int]],
    payload: Mapping[str, Any],
    captured_by: str,
    captured_at_us: int,
    external_key: str,
) -> str:
    """The same digest from stored columns."""
    return sha256_hex(
        content_bytes(
            source=source,
            learner_id=learner_id,
            enrolment_id=enrolment_id,
            unit_key=unit_key,
            stretches=stretches,
            payload=payload,
            captured_by=captured_by,
            captured_at_us=captured_at_us,
            external_key=external_key,
        )
    )


def content_bytes(
    *,
    source: str,
    learner_id: int,
    enrolment_id: int,
    unit_key: str,
    stretches: Sequence[Sequence[int]],
    payload: Mapping[str, Any],
    captured_by: str,
    captured_at_us: int,
    external_key: str,
) -> bytes:
    """RFC 8785 form: keys sorted, no blanks, integers only. `captured_at_us` in microseconds since 1970."""
    return _canonical.encode(
        {
            "captured_at_us": captured_at_us,
            "captured_by": captured_by,
            "digest_version": DIGEST_VERSION,
            "enrolment": enrolment_id,
            "external_key": external_key,
            "learner": learner_id,
            "payload": payload,
            "source": source,
            "stretches": stretches,
            "unit": unit_key,
        }
    )


def stretch_row(stretch: Stretch) -> list[int]:
    """A stretch as it is stored: [wall from, wall to] or [wall from, wall to, media from, media to]."""
    row = [stretch.wall_from_ms, stretch.wall_to_ms]
    if stretch.media_from_ms is not None and stretch.media_to_ms is not None:
        row += [stretch.media_from_ms, stretch.media_to_ms]
    return row


def stretch_of(row: Sequence[int]) -> Stretch:
    """The stretch of a stored row."""
    if len(row) == 2:
        return Stretch(wall_from_ms=row[0], wall_to_ms=row[1])
    wall_from, wall_to, media_from, media_to = row
    return Stretch(wall_from_ms=wall_from, wall_to_ms=wall_to, media_from_ms=media_from, media_to_ms=media_to)


def check_draft(draft: EvidenceDraft, *, now: datetime) -> None:
    """Nothing, or UnableToRecord: keys well formed, every stretch forward, at most a day long and already over."""
    if not _KEY.fullmatch(draft.external_key):
        raise UnableToRecord("external_key_invalid", "external_key: 1 to 200 of A-Z a-z 0-9 . _ : -")
    if not _UNIT.fullmatch(draft.unit_key) or not _UNIT.fullmatch(draft.captured_by):
        raise UnableToRecord("key_invalid", "unit and captured_by: 1 to 64 of A-Z a-z 0-9 . _ : -")
    if to_ms(draft.captured_at) < EARLIEST_MS:
        raise UnableToRecord("captured_too_early", "captured_at lies before 2017.")
    if draft.captured_at > now:
        raise UnableToRecord("in_future", "captured_at lies in the future. Check the capturer's clock and send again.")
    if len(draft.stretches) > MOST_STRETCHES:
        raise UnableToRecord(
            "too_many_stretches", f"At most {MOST_STRETCHES} stretches; send the rest under another key."
        )
    now_ms = to_ms(now)
    for stretch in draft.stretches:
        _check_stretch(stretch, now_ms)


def _check_stretch(stretch: Stretch, now_ms: int) -> None:
    if not EARLIEST_MS <= stretch.wall_from_ms < stretch.wall_to_ms:
        raise UnableToRecord("stretch_backward", "A stretch ends after it starts (milliseconds since 1970, UTC).")
    if stretch.length_ms > LONGEST_STRETCH_MS:
        raise UnableToRecord("stretch_too_long", "A stretch is at most 24 hours long.")
    if stretch.wall_to_ms > now_ms:
        raise UnableToRecord("in_future", "A stretch ends in the future. Check the capturer's clock and send again.")
    if (stretch.media_from_ms is None) != (stretch.media_to_ms is None):
        raise UnableToRecord("media_half", "media_from_ms and media_to_ms come together or not at all.")
    if stretch.media_from_ms is None or stretch.media_to_ms is None:
        return
    if not 0 <= stretch.media_from_ms < stretch.media_to_ms < _LATEST_MS:
        raise UnableToRecord("media_backward", "The media part of a stretch ends after it starts.")


def chain_tenures(starts: Iterable[tuple[int, str, str]]) -> tuple[Tenure, ...]:
    """Tenures from their starts (from_ms, source, holder) in order of start, ties in the order given: the next start
    ends the one before, and of two at the same instant the later given holds the clock."""
    ordered = sorted(starts, key=lambda start: start[0])
    ends = [start[0] for start in ordered[1:]]
    return tuple(
        Tenure(holder=holder, source=source, from_ms=from_ms, to_ms=to_ms_)
        for (from_ms, source, holder), to_ms_ in zip(ordered, [*ends, None], strict=True)
    )


def held_by(holder: str, tenures: Sequence[Tenure]) -> tuple[Span, ...] | None:
    """When `holder` held the clock; None where it never took it."""
    mine = [tenure for tenure in tenures if tenure.holder == holder]
    if not mine:
        return None
    return union((tenure.from_ms, _LATEST_MS if tenure.to_ms is None else tenure.to_ms) for tenure in mine)


def fit(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Media and wall of each stretch made equally long: the first part that fits is kept (domain 7.2 HRS-01)."""
    return tuple(_fit(stretch) for stretch in stretches)


def _fit(stretch: Stretch) -> Stretch:
    if stretch.media_from_ms is None or stretch.media_to_ms is None:
        return stretch
    length = min(stretch.length_ms, stretch.media_to_ms - stretch.media_from_ms)
    return stretch.part(stretch.wall_from_ms, stretch.wall_from_ms + length)


def keep_inside(stretches: Iterable[Stretch], spans: Sequence[Span], reason: ReasonCode) -> Judged:
    """The parts of the stretches whose wall time lies in `spans`, and the rest, refused for `reason`."""
    kept: list[Stretch] = []
    refused: list[RefusedStretch] = []
    for stretch in stretches:
        if any(start <= stretch.wall_from_ms and stretch.wall_to_ms <= end for start, end in spans):
            kept.append(stretch)
            continue
        wall = ((stretch.wall_from_ms, stretch.wall_to_ms),)
        inside = intersect(wall, spans)
        kept += [stretch.part(*span) for span in inside]
        refused += [RefusedStretch(stretch=stretch.part(*span), reason=reason) for span in subtract(wall, inside)]
    return tuple(kept), tuple(refused)


def refuse_all(stretches: Iterable[Stretch], reason: ReasonCode) -> Judged:
    """Nothing kept, everything refused for `reason`."""
    return (), tuple(RefusedStretch(stretch=stretch, reason=reason) for stretch in stretches)


def judge_window(evidence: Evidence, stretches: tuple[Stretch, ...], context: AssessContext) -> Judged:
    """Only what lies after the filing and inside the class's window counts, for a person on the roster (domain 1.5)."""
    enrolment = context.enrolment
    if not enrolment.on_roster or not belongs(evidence, enrolment):
        return refuse_all(stretches, ReasonCode.NOT_ON_ROSTER)
    if enrolment.filed_on is None:
        return refuse_all(stretches, ReasonCode.BEFORE_FILING)
    filed = ((to_ms(day_start(enrolment.filed_on)), _LATEST_MS),)
    kept, early = keep_inside(stretches, filed, ReasonCode.BEFORE_FILING)
    window = ((to_ms(enrolment.window_from), to_ms(enrolment.window_to)),)
    kept, outside = keep_inside(kept, window, ReasonCode.OUT_OF_WINDOW)
    return kept, early + outside


def judge_tenure(stretches: tuple[Stretch, ...], holder: str | None, context: AssessContext) -> Judged:
    """Only what its holder witnessed while it held the learner's clock counts; a holder that never took the clock is
    bound by the ledger alone (no wall second twice)."""
    held = held_by(holder, context.tenures) if holder is not None else None
    if held is None:
        return stretches, ()
    return keep_inside(stretches, held, ReasonCode.SUPERSEDED)


def belongs(evidence: Evidence, enrolment: EnrolmentFacts) -> bool:
    """Whether the evidence names the enrolment's own learner."""
    return evidence.learner_id == enrolment.learner_id


def gate_units(curriculum: CurriculumVersion, limits: HourLimits) -> tuple[GateUnit, ...]:
    """The online theory that must be complete before practice counts (HRS-06), live only to its threshold."""
    percent = {UnitMode.VIDEO: limits.video_threshold_percent, UnitMode.LIVE: limits.live_threshold_percent}
    return tuple(
        GateUnit(unit_key=unit.unit_key, required_seconds=-(-unit.required_seconds * percent[unit.mode] // 100))
        for unit in curriculum.units
        if unit.mode in percent and unit.category is not UnitCategory.PRACTICE
    )


def online_share(curriculum: CurriculumVersion, limit_seconds: int | None) -> OnlineShare | None:
    """The bound on the plan's online hours with what each online unit asks; None where there is no bound."""
    if limit_seconds is None:
        return None
    units = tuple(
        GateUnit(unit_key=unit.unit_key, required_seconds=unit.required_seconds)
        for unit in curriculum.units
        if unit.mode in ONLINE_MODES
    )
    return OnlineShare(limit_seconds=limit_seconds, units=units)


def propose(
    evidence: Evidence,
    unit: UnitSpec,
    context: AssessContext,
    *,
    revision: int,
    kept: tuple[Stretch, ...] = (),
    refused: tuple[RefusedStretch, ...] = (),
    result: ResultProposal | None = None,
) -> CreditProposal:
    """The proposal for one piece of evidence. Time learnt without media is bounded by the unit's filed length."""
    bounded = unit.mode is not UnitMode.VIDEO and unit.mode is not UnitMode.ASSESSMENT
    filed_ms = max(unit.duration_seconds, unit.required_seconds) * 1000
    return CreditProposal(
        evidence_id=evidence.evidence_id,
        evidence_digest=evidence.digest,
        learner_id=evidence.learner_id,
        enrolment_id=evidence.enrolment_id,
        class_run_id=context.enrolment.class_run_id,
        unit_key=evidence.unit_key,
        mode=unit.mode,
        category=unit.category,
        stretches=kept,
        refused=refused,
        result=result,
        source=evidence.source,
        source_revision=revision,
        captured_by=evidence.captured_by,
        occurred_at=evidence.captured_at,
        limits=context.limits,
        unit_limit_ms=filed_ms if bounded else None,
        gate=context.gate,
        share=context.share if unit.mode in ONLINE_MODES else None,
    )


def refused_reasons(proposal: CreditProposal) -> Mapping[ReasonCode, int]:
    """Milliseconds by the reason that the source already gave."""
    totals: dict[ReasonCode, int] = {}
    for refused in proposal.refused:
        totals[refused.reason] = totals.get(refused.reason, 0) + refused.stretch.length_ms
    return totals


def payload_builtins(payload: Any) -> dict[str, Any]:
    """A payload struct as plain JSON values, defaults written out, so that equal content has equal bytes."""
    return dict(msgspec.to_builtins(payload))
