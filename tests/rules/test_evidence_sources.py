"""What one piece of evidence is worth alone, source by source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from courses.data import CurriculumVersion, ExamKind, OccupationKind, UnitCategory, UnitMode, UnitSpec
from lms.enrolment.data import EnrolmentFacts, PayeeKind
from lms.evidence.data import (
    AssessContext,
    CreditProposal,
    Evidence,
    EvidenceDraft,
    GateUnit,
    ReasonCode,
    ResultProposal,
    Stretch,
    Tenure,
    UnableToRecord,
)
from lms.evidence.registry import find_source
from lms.evidence.rules import (
    chain_tenures,
    check_draft,
    evidence_bytes,
    evidence_digest,
    gate_units,
    refused_reasons,
)
from lms.evidence.source import read_payload
from lms.lib.canonical import canonical_bytes
from lms.lib.localday import from_ms, to_ms
from tests.factories.ledger import HOUR, LIMITS, MINUTE, SECOND, present, video

FILED_ON, FIRST, LAST = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 20)
WINDOW_FROM = datetime(2026, 3, 8, 16, 0, tzinfo=UTC)  # 9 March in Shanghai
WINDOW_TO = datetime(2026, 3, 20, 16, 0, tzinfo=UTC)
NOON = to_ms(datetime(2026, 3, 10, 4, 0, tzinfo=UTC))
ENROLMENT = EnrolmentFacts(
    enrolment_id=5,
    learner_id=3,
    class_run_id=8,
    curriculum_id=2,
    employer_id=4,
    payer_kind=PayeeKind.ENTERPRISE,
    payer_id=4,
    enrolled_at=WINDOW_FROM - timedelta(days=7),
    on_roster=True,
    filed_on=FILED_ON,
    window_from=WINDOW_FROM,
    window_to=WINDOW_TO,
    hour_pack=LIMITS.pack,
    category=LIMITS.category,
    order_gate=False,
    programme_code="SME-GROUP",
)


def unit_of(
    mode: UnitMode, *, minutes: int = 60, category: UnitCategory = UnitCategory.THEORY, **changes: Any
) -> UnitSpec:
    return UnitSpec(
        unit_key=f"{mode.value}-1",
        mode=mode,
        category=category,
        title="",
        position=1,
        duration_seconds=minutes * 60,
        required_seconds=minutes * 60,
        **changes,
    )


def assess(
    mode: UnitMode,
    *stretches: Stretch,
    payload: Mapping[str, Any],
    unit: UnitSpec | None = None,
    enrolment: EnrolmentFacts = ENROLMENT,
    tenures: tuple[Tenure, ...] = (),
    gate: tuple[GateUnit, ...] = (),
    learner_id: int = 3,
) -> CreditProposal:
    spec = unit or unit_of(mode)
    source = find_source(mode.value)
    read = read_payload(source.payload, payload)
    evidence = Evidence(
        evidence_id=UUID(int=7),
        source=source.code,
        learner_id=learner_id,
        enrolment_id=5,
        unit_key=spec.unit_key,
        stretches=source.witness(read, stretches),
        payload=payload,
        captured_by="test",
        captured_at=from_ms(NOON + 9 * HOUR),
        external_key="k",
        digest="d" * 64,
        recorded_at=from_ms(NOON + 9 * HOUR),
    )
    context = AssessContext(enrolment=enrolment, limits=LIMITS, tenures=tenures, gate=gate)
    return source.assess(evidence, spec, context)


def watch(*stretches: Stretch, **changes: Any) -> CreditProposal:
    payload = {"session": "s1", **changes.pop("payload", {})}
    return assess(UnitMode.VIDEO, *stretches, payload=payload, **changes)


# --- what holds for all -----------------------------------------------------------


def test_inside_the_window_everything_is_kept() -> None:
    proposal = watch(video(NOON, MINUTE, 0))
    assert proposal.stretches == (video(NOON, MINUTE, 0),)
    assert proposal.refused == ()
    assert (proposal.learner_id, proposal.enrolment_id, proposal.class_run_id, proposal.unit_key) == (
        3,
        5,
        8,
        "video-1",
    )
    assert (proposal.mode, proposal.source, proposal.source_revision, proposal.captured_by) == (
        UnitMode.VIDEO,
        "video",
        1,
        "test",
    )
    assert (proposal.limits, proposal.unit_limit_ms, proposal.gate, proposal.result) == (LIMITS, None, (), None)


def test_both_edges_of_the_window_cut() -> None:
    start, end = to_ms(WINDOW_FROM), to_ms(WINDOW_TO)
    proposal = watch(video(start - MINUTE, 2 * MINUTE, 0), video(end - MINUTE, 2 * MINUTE, 10 * MINUTE))
    assert proposal.stretches == (video(start, MINUTE, MINUTE), video(end - MINUTE, MINUTE, 10 * MINUTE))
    assert [(item.stretch, item.reason) for item in proposal.refused] == [
        (video(start - MINUTE, MINUTE, 0), ReasonCode.OUT_OF_WINDOW),
        (video(end, MINUTE, 11 * MINUTE), ReasonCode.OUT_OF_WINDOW),
    ]


def test_before_the_filing_day_it_is_before_filing_and_on_it_still_out_of_the_window() -> None:
    midnight = to_ms(datetime(2026, 3, 1, 16, 0, tzinfo=UTC))  # 2 March in Shanghai
    proposal = watch(video(midnight - MINUTE, 3 * MINUTE, 0))
    assert proposal.stretches == ()
    assert refused_reasons(proposal) == {ReasonCode.BEFORE_FILING: MINUTE, ReasonCode.OUT_OF_WINDOW: 2 * MINUTE}


def test_a_class_that_is_not_filed_earns_nothing() -> None:
    proposal = watch(video(NOON, MINUTE, 0), enrolment=replace(ENROLMENT, filed_on=None))
    assert refused_reasons(proposal) == {ReasonCode.BEFORE_FILING: MINUTE}


@pytest.mark.parametrize("changes", [{"enrolment": replace(ENROLMENT, on_roster=False)}, {"learner_id": 99}])
def test_who_is_not_on_the_roster_or_not_the_learner_earns_nothing(changes: dict[str, Any]) -> None:
    proposal = watch(video(NOON, MINUTE, 0), **changes)
    assert (proposal.stretches, refused_reasons(proposal)) == ((), {ReasonCode.NOT_ON_ROSTER: MINUTE})


def test_the_clock_belongs_to_whoever_took_it_last_and_arrival_does_not_matter() -> None:
    older, newer = "s1", "s2"
    tenures = chain_tenures([(NOON, "video", older), (NOON + 30 * MINUTE, "video", newer)])
    first = watch(video(NOON, HOUR, 0), tenures=tenures)
    second = watch(video(NOON + 10 * MINUTE, HOUR, 0), payload={"session": newer}, tenures=tenures)
    assert first.stretches == (video(NOON, 30 * MINUTE, 0),)
    assert refused_reasons(first) == {ReasonCode.SUPERSEDED: 30 * MINUTE}
    assert second.stretches == (video(NOON + 30 * MINUTE, 40 * MINUTE, 20 * MINUTE),)
    assert refused_reasons(second) == {ReasonCode.SUPERSEDED: 20 * MINUTE}


def test_a_clock_may_be_taken_back_and_a_holder_that_never_took_it_is_not_cut() -> None:
    tenures = chain_tenures([(NOON, "video", "s1"), (NOON + MINUTE, "video", "s2"), (NOON + 2 * MINUTE, "video", "s1")])
    mine = watch(video(NOON, 3 * MINUTE, 0), tenures=tenures)
    assert mine.stretches == (video(NOON, MINUTE, 0), video(NOON + 2 * MINUTE, MINUTE, 2 * MINUTE))
    stranger = watch(video(NOON, 3 * MINUTE, 0), payload={"session": "other"}, tenures=tenures)
    assert stranger.refused == ()


def test_of_two_starts_at_the_same_instant_the_later_given_holds_the_clock() -> None:
    assert chain_tenures([(5, "video", "a"), (5, "live", "b"), (1, "video", "c")]) == (
        Tenure(holder="c", source="video", from_ms=1, to_ms=5),
        Tenure(holder="a", source="video", from_ms=5, to_ms=5),
        Tenure(holder="b", source="live", from_ms=5, to_ms=None),
    )


# --- video ------------------------------------------------------------------------


def test_media_that_ran_ahead_of_the_clock_keeps_the_first_part_that_fits() -> None:
    fast = Stretch(wall_from_ms=NOON, wall_to_ms=NOON + 10_000, media_from_ms=0, media_to_ms=15_000)
    slow = Stretch(
        wall_from_ms=NOON + MINUTE, wall_to_ms=NOON + MINUTE + 10_000, media_from_ms=60_000, media_to_ms=65_000
    )
    assert watch(fast, slow).stretches == (video(NOON, 10_000, 0), video(NOON + MINUTE, 5_000, 60_000))


def test_media_beyond_the_filed_length_is_refused() -> None:
    proposal = watch(video(NOON, MINUTE, HOUR - 20 * SECOND), video(NOON + HOUR, MINUTE, 2 * HOUR))
    assert proposal.stretches == (video(NOON, 20 * SECOND, HOUR - 20 * SECOND),)
    assert refused_reasons(proposal) == {ReasonCode.OVER_LENGTH: 100 * SECOND}


def test_what_the_player_refused_is_kept_with_its_reason() -> None:
    part = {"wall_from_ms": NOON, "wall_to_ms": NOON + 5_000, "reason": "speed_clip", "media_from_ms": 7_000}
    proposal = watch(payload={"refused": [part]})
    assert [(item.stretch, item.reason) for item in proposal.refused] == [
        (video(NOON, 5_000, 7_000), ReasonCode.SPEED_CLIP)
    ]


# --- live -------------------------------------------------------------------------


def live(*stretches: Stretch, roll_calls: tuple[tuple[int, int | None], ...] = (), **changes: Any) -> CreditProposal:
    payload = {
        "session": "l1",
        "schedule": [NOON, NOON + HOUR],
        "roll_calls": [{"asked_ms": asked, "answered_ms": answered} for asked, answered in roll_calls],
        **changes.pop("payload", {}),
    }
    return assess(UnitMode.LIVE, *stretches, payload=payload, **changes)


def test_presence_is_the_union_inside_the_schedule() -> None:
    proposal = live(
        present(NOON - 5 * MINUTE, 30 * MINUTE),
        present(NOON + 20 * MINUTE, 35 * MINUTE),
        present(NOON + 58 * MINUTE, 9 * MINUTE),
    )
    assert proposal.stretches == (present(NOON, 55 * MINUTE), present(NOON + 58 * MINUTE, 2 * MINUTE))
    assert refused_reasons(proposal) == {ReasonCode.OUTSIDE_SCHEDULE: 12 * MINUTE}
    assert proposal.unit_limit_ms == HOUR


def test_an_unanswered_roll_call_voids_the_time_since_the_call_before() -> None:
    calls = ((NOON + 20 * MINUTE, NOON + 20 * MINUTE + 9_000), (NOON + 30 * MINUTE, None), (NOON + 50 * MINUTE, 0))
    proposal = live(present(NOON, HOUR), roll_calls=(calls[0], calls[1], (calls[2][0], calls[2][0] + 1)))
    assert proposal.stretches == (present(NOON, 20 * MINUTE), present(NOON + 30 * MINUTE, 30 * MINUTE))
    assert refused_reasons(proposal) == {ReasonCode.ROLL_CALL: 10 * MINUTE}


def test_below_four_fifths_of_the_schedule_nothing_counts() -> None:
    exactly = live(present(NOON, 48 * MINUTE))
    short = live(present(NOON, 48 * MINUTE - 1))
    assert exactly.stretches == (present(NOON, 48 * MINUTE),)
    assert (short.stretches, refused_reasons(short)) == ((), {ReasonCode.ATTENDANCE_BELOW: 48 * MINUTE - 1})


def test_a_first_roll_call_missed_voids_the_start_and_may_bring_the_whole_below() -> None:
    proposal = live(present(NOON, HOUR), roll_calls=((NOON + 15 * MINUTE, None),))
    assert refused_reasons(proposal) == {ReasonCode.ROLL_CALL: 15 * MINUTE, ReasonCode.ATTENDANCE_BELOW: 45 * MINUTE}


def test_a_live_class_yields_to_a_newer_clock() -> None:
    tenures = chain_tenures([(NOON, "live", "l1:3"), (NOON + 55 * MINUTE, "video", "s2")])
    cut = live(present(NOON, HOUR), payload={"clock": "l1:3"}, tenures=tenures)
    assert cut.stretches == (present(NOON, 55 * MINUTE),)
    assert live(present(NOON, HOUR), tenures=tenures).stretches == (present(NOON, HOUR),)


# --- practice ---------------------------------------------------------------------


def practice(**changes: Any) -> CreditProposal:
    payload = {
        "session": "p1",
        "schedule": [NOON, NOON + 3 * HOUR],
        "in_ms": NOON - 10 * MINUTE,
        "out_ms": NOON + 3 * HOUR + 5 * MINUTE,
        "signed_by": 9,
        "signed_at_ms": NOON + 3 * HOUR,
    }
    outer = {name: changes.pop(name) for name in ("enrolment", "gate", "unit") if name in changes}
    outer.setdefault("unit", unit_of(UnitMode.PRACTICE, minutes=180, category=UnitCategory.PRACTICE))
    return assess(UnitMode.PRACTICE, payload={**payload, **changes}, **outer)


def test_practice_is_sign_in_to_sign_out_within_the_schedule_without_breaks() -> None:
    proposal = practice(breaks=[[NOON + HOUR, NOON + HOUR + 15 * MINUTE]])
    assert proposal.stretches == (present(NOON, HOUR), present(NOON + HOUR + 15 * MINUTE, 105 * MINUTE))
    assert refused_reasons(proposal) == {ReasonCode.OUTSIDE_SCHEDULE: 15 * MINUTE, ReasonCode.ON_BREAK: 15 * MINUTE}
    assert proposal.unit_limit_ms == 3 * HOUR


def test_without_a_sign_out_there_is_nothing() -> None:
    for changes in ({"out_ms": None}, {"in_ms": None}):
        proposal = practice(**changes)
        assert (proposal.stretches, proposal.refused) == ((), ())


def test_without_the_trainers_signature_everything_is_refused() -> None:
    proposal = practice(signed_by=None, signed_at_ms=None, in_ms=NOON, out_ms=NOON + HOUR)
    assert (proposal.stretches, refused_reasons(proposal)) == ((), {ReasonCode.NOT_SIGNED_OFF: HOUR})


def test_the_gate_travels_with_the_proposal() -> None:
    gate = (GateUnit(unit_key="video-1", required_seconds=60),)
    assert practice(gate=gate).gate == gate


# --- assessment -------------------------------------------------------------------


def exam(score: int = 70, *, pass_mark: int | None = 60, enrolment: EnrolmentFacts = ENROLMENT) -> CreditProposal:
    payload = {"exam": "e1", "exam_kind": "theory", "score": score, "pass_mark": 50, "assessor": 12, "version": 2}
    unit = unit_of(UnitMode.ASSESSMENT, minutes=0, exam_kind=ExamKind.PRACTICE, pass_mark=pass_mark)
    return assess(UnitMode.ASSESSMENT, payload=payload, unit=unit, enrolment=enrolment)


def test_a_mark_is_judged_by_the_frozen_pass_mark_of_the_unit() -> None:
    assert exam(59).result == ResultProposal(
        exam_kind=ExamKind.PRACTICE, score=59, pass_mark=60, passed=False, assessor_id=12, version=2
    )
    passed = exam(60).result
    assert passed is not None
    assert passed.passed
    own = exam(55, pass_mark=None).result
    assert own is not None
    assert (own.pass_mark, own.passed) == (50, True)
    assert (exam().stretches, exam().refused, exam().unit_limit_ms) == ((), (), None)


def test_who_left_the_roster_has_no_result() -> None:
    assert exam(enrolment=replace(ENROLMENT, on_roster=False)).result is None


# --- content that can't be meant -----------------------------------------------------

WATCHING = {"session": "s"}
ATTENDING = {"session": "l", "schedule": [NOON, NOON + HOUR]}
PRACTISING = {
    "session": "p",
    "schedule": [NOON, NOON + HOUR],
    "in_ms": NOON,
    "out_ms": NOON + 9,
    "signed_by": 1,
    "signed_at_ms": NOON,
}
EXAM = {"exam": "e", "exam_kind": "theory", "score": 80, "pass_mark": 60, "assessor": 1}


def told(wall_from: int, wall_to: int, reason: str = "speed_clip") -> dict[str, Any]:
    """What a player says that it refused."""
    return {**WATCHING, "refused": [{"wall_from_ms": wall_from, "wall_to_ms": wall_to, "reason": reason}]}


REFUSED: list[tuple[str, dict[str, Any], tuple[Stretch, ...], str]] = [
    ("video", {**WATCHING, "nonsense": 1}, (), "payload_invalid"),
    ("video", {}, (), "payload_invalid"),
    ("video", {"session": "张三"}, (), "payload_invalid"),
    ("video", WATCHING, (present(NOON, 5),), "media_missing"),
    ("video", told(NOON, NOON), (), "stretch_backward"),
    ("video", told(NOON, NOON + 90_000_000), (), "stretch_backward"),
    ("video", told(5, 10**17), (), "payload_invalid"),
    ("video", told(NOON, NOON + 1, "watched"), (), "payload_invalid"),
    ("live", {**ATTENDING, "schedule": [NOON, NOON]}, (), "schedule_backward"),
    ("live", {**ATTENDING, "schedule": [NOON, NOON + 1.5]}, (), "payload_invalid"),
    ("live", ATTENDING, (video(NOON, 5, 0),), "media_not_allowed"),
    ("practice", {**PRACTISING, "schedule": [NOON + 1, NOON]}, (), "schedule_backward"),
    ("practice", {**PRACTISING, "in_ms": NOON + 9}, (), "sign_out_before_sign_in"),
    ("practice", PRACTISING, (present(NOON, 10),), "stretches_differ"),
    ("practice", {**PRACTISING, "breaks": [[NOON, NOON]]}, (), "break_backward"),
    ("assessment", {**EXAM, "score": 101}, (), "payload_invalid"),
    ("assessment", EXAM, (present(NOON, 5),), "stretches_not_allowed"),
]


@pytest.mark.parametrize(("code", "payload", "stretches", "refusal"), REFUSED)
def test_content_that_cannot_be_meant_is_refused_by_name(
    code: str, payload: dict[str, Any], stretches: tuple[Stretch, ...], refusal: str
) -> None:
    source = find_source(code)
    with pytest.raises(UnableToRecord) as refused:
        source.witness(read_payload(source.payload, payload), stretches)
    assert refused.value.code == refusal


def draft(*stretches: Stretch, **changes: Any) -> EvidenceDraft:
    whole = EvidenceDraft(
        source="live",
        learner_id=3,
        enrolment_id=5,
        unit_key="u-1",
        stretches=stretches,
        payload={"session": "l", "schedule": [NOON, NOON + HOUR]},
        captured_by="reader-1",
        captured_at=from_ms(NOON + HOUR),
        external_key="k-1",
    )
    return replace(whole, **changes)


NOW = from_ms(NOON + 2 * HOUR)


@pytest.mark.parametrize(
    ("broken", "refusal"),
    [
        (draft(external_key=""), "external_key_invalid"),
        (draft(external_key="a b"), "external_key_invalid"),
        (draft(external_key="k\n"), "external_key_invalid"),
        (draft(external_key="x" * 201), "external_key_invalid"),
        (draft(unit_key="单元"), "key_invalid"),
        (draft(captured_by="a/b"), "key_invalid"),
        (draft(captured_at=NOW + timedelta(milliseconds=1)), "in_future"),
        (draft(captured_at=datetime(2001, 1, 1, tzinfo=UTC)), "captured_too_early"),
        (draft(present(NOON, 2 * HOUR + 1)), "in_future"),
        (draft(present(NOON, 0)), "stretch_backward"),
        (draft(present(5, 5)), "stretch_backward"),
        (draft(present(NOON - 30 * HOUR, 24 * HOUR + 1)), "stretch_too_long"),
        (draft(Stretch(wall_from_ms=NOON, wall_to_ms=NOON + 5, media_from_ms=1)), "media_half"),
        (draft(Stretch(wall_from_ms=NOON, wall_to_ms=NOON + 5, media_from_ms=7, media_to_ms=7)), "media_backward"),
        (draft(*[present(NOON, 5)] * 2_001), "too_many_stretches"),
    ],
)
def test_drafts_that_cannot_be_meant_are_refused_by_name(broken: EvidenceDraft, refusal: str) -> None:
    with pytest.raises(UnableToRecord) as refused:
        check_draft(broken, now=NOW)
    assert refused.value.code == refusal


def test_a_sound_draft_passes() -> None:
    check_draft(draft(present(NOON, HOUR)), now=NOW)


# --- digest -----------------------------------------------------------------------


def test_the_digest_seals_every_part_of_the_content() -> None:
    whole = draft(present(NOON, HOUR), video(NOON + HOUR, 5, 0))
    others = [
        replace(whole, source="video"),
        replace(whole, learner_id=4),
        replace(whole, enrolment_id=6),
        replace(whole, unit_key="u-2"),
        replace(whole, stretches=whole.stretches[:1]),
        replace(whole, payload={**whole.payload, "session": "m"}),
        replace(whole, captured_by="reader-2"),
        replace(whole, captured_at=whole.captured_at + timedelta(microseconds=1)),
        replace(whole, external_key="k-2"),
    ]
    assert len({evidence_digest(item) for item in (whole, *others)}) == 10


def test_the_bytes_are_canonical() -> None:
    whole = draft(present(NOON, HOUR), payload={"z": 1, "a": {"ü": '√\u007f\n"\\', "b": [True, None, -5]}})
    import json

    assert evidence_bytes(whole) == canonical_bytes(json.loads(evidence_bytes(whole)))


def test_the_gate_asks_for_the_online_theory_to_its_thresholds() -> None:
    units = (
        replace(unit_of(UnitMode.VIDEO), unit_key="v", category=UnitCategory.SAFETY),
        replace(unit_of(UnitMode.LIVE), unit_key="l"),
        replace(unit_of(UnitMode.VIDEO), unit_key="shop-film", category=UnitCategory.PRACTICE),
        replace(unit_of(UnitMode.PRACTICE), unit_key="p", category=UnitCategory.PRACTICE),
        replace(unit_of(UnitMode.ASSESSMENT), unit_key="e"),
    )
    curriculum = CurriculumVersion(
        curriculum_id=1, course_id=1, number=1, title="", course_url="", occupation_code="", occupation_name="",
        occupation_kind=OccupationKind.SKILL, level=4, units=units, digest="", frozen_at=NOW,
    )  # fmt: skip
    assert gate_units(curriculum, LIMITS) == (
        GateUnit(unit_key="v", required_seconds=3_600),
        GateUnit(unit_key="l", required_seconds=2_880),
    )
