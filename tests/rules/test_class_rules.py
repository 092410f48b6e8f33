from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lms.enrolment.data import ClassRunFacts, ClassRunState, Duty, PayeeKind, PlatformKind
from lms.enrolment.programmes import PROGRAMMES
from lms.enrolment.rules import (
    judge_agreement,
    judge_class_dates,
    judge_filing_dates,
    judge_joining,
    judge_payee,
    judge_staff,
    last_day_to_join,
    window_of,
)
from lms.hours.api import limits_for

LIMITS = limits_for(pack="REF-HOURS-2026.1", category="group_class")
OPEN_LIMITS = limits_for(pack="REF-HOURS-2026.1", category="open_class")

RUN = ClassRunFacts(
    class_run_id=1,
    number="BQ-2026-000001",
    title="电工(四级)集中培训",
    curriculum_id=1,
    course_id=1,
    programme_code="SME-GROUP",
    project_name="电工",
    provider_id=7,
    employer_ids=(8, 9),
    payee_kind=PayeeKind.PROVIDER,
    payee_id=7,
    agreement_on=date(2026, 3, 1),
    agreement_ref="XY-1",
    base_id=10,
    trainer_ids=(1,),
    assessor_ids=(2,),
    category="group_class",
    hour_pack="REF-HOURS-2026.1",
    order_gate=False,
    self_enrolment=False,
    capacity=3,
    filed_on=date(2026, 3, 2),
    starts_on=date(2026, 3, 9),
    ends_on=date(2026, 3, 28),
    state=ClassRunState.FILED,
    cost_fen=60_000,
    district="310115",
    place="",
    platform_kind=PlatformKind.OWN,
    business_fit=None,
    business_note="",
    committed=True,
)


def codes(refusals: tuple[object, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]  # type: ignore[attr-defined]


def test_a_class_may_last_one_day_and_never_ends_before_it_starts() -> None:
    assert judge_class_dates(date(2026, 3, 9), date(2026, 3, 9)) == ()
    (refusal,) = judge_class_dates(date(2026, 3, 9), date(2026, 3, 8))
    assert (refusal.code, refusal.field) == ("ends_before_start", "ends_on")
    assert refusal.params == {"starts_on": "2026-03-09", "ends_on": "2026-03-08"}


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "filed_on", "expected"),
    [
        # case 1 and case 26 of the domain
        (date(2026, 3, 9), date(2026, 3, 20), date(2026, 3, 2), []),
        (date(2026, 3, 9), date(2026, 3, 20), date(2026, 3, 9), ["starts_by_filing_day"]),
        (date(2026, 3, 9), date(2026, 3, 20), date(2026, 3, 8), []),
        # three months, last day included, clipped to the month's end
        (date(2026, 1, 5), date(2026, 4, 2), date(2026, 1, 2), []),
        (date(2026, 1, 5), date(2026, 4, 3), date(2026, 1, 2), ["ends_too_late"]),
        (date(2025, 12, 1), date(2026, 2, 28), date(2025, 11, 30), []),
        (date(2025, 12, 1), date(2026, 3, 1), date(2025, 11, 30), ["ends_too_late"]),
        (date(2024, 2, 1), date(2024, 4, 30), date(2024, 1, 31), []),
        # everything at once, and nothing is hidden by the first
        (date(2026, 3, 9), date(2026, 3, 8), date(2026, 3, 9), ["ends_before_start", "starts_by_filing_day"]),
        (date(2026, 3, 9), date(2026, 7, 1), date(2026, 3, 10), ["starts_by_filing_day", "ends_too_late"]),
    ],
)
def test_gen_04(starts_on: date, ends_on: date, filed_on: date, expected: list[str]) -> None:
    assert codes(judge_filing_dates(starts_on, ends_on, filed_on, LIMITS)) == expected


@pytest.mark.parametrize(
    ("programme", "kind", "payee_id", "employers", "expected"),
    [
        ("SME-GROUP", PayeeKind.PROVIDER, 7, {8}, []),
        ("SME-GROUP", PayeeKind.ENTERPRISE, 8, {8}, []),
        ("SME-GROUP", PayeeKind.ENTERPRISE, None, {8, 9}, []),
        ("SME-GROUP", PayeeKind.PERSON, None, {8}, ["payee_kind"]),
        ("SME-GROUP", PayeeKind.PROVIDER, 99, {8}, ["payee_no_party"]),
        ("SME-GROUP", PayeeKind.ENTERPRISE, 99, {8}, ["payee_no_party"]),
        ("SME-GROUP", PayeeKind.PROVIDER, 7, set(), ["no_employer"]),
        ("ENT-ONLINE", PayeeKind.ENTERPRISE, 8, {8}, []),
        ("ENT-ONLINE", PayeeKind.PROVIDER, 7, {8}, ["payee_kind"]),
        ("IND-SKILL", PayeeKind.PERSON, None, set(), []),
        ("IND-SKILL", PayeeKind.PERSON, None, {8}, ["no_employer_wanted"]),
        ("IND-SKILL", PayeeKind.ENTERPRISE, 8, {8}, ["payee_kind", "no_employer_wanted"]),
    ],
)
def test_the_payee_is_always_one_party_that_the_programme_pays(
    programme: str, kind: PayeeKind, payee_id: int | None, employers: set[int], expected: list[str]
) -> None:
    refusals = judge_payee(PROGRAMMES[programme], kind, provider_id=7, employer_ids=employers, payee_id=payee_id)

    assert codes(refusals) == expected


@pytest.mark.parametrize(
    ("programme", "agreement_on", "ref", "expected"),
    [
        ("SME-GROUP", date(2026, 3, 2), "XY-1", []),
        ("SME-GROUP", date(2026, 3, 1), "XY-1", []),
        ("SME-GROUP", date(2026, 3, 3), "XY-1", ["agreement_after_filing"]),
        ("SME-GROUP", None, "XY-1", ["agreement_missing"]),
        ("SME-GROUP", date(2026, 3, 1), "  ", ["agreement_missing"]),
        ("ENT-ONLINE", None, "", []),
    ],
)
def test_the_payee_is_agreed_before_filing(
    programme: str, agreement_on: date | None, ref: str, expected: list[str]
) -> None:
    refusals = judge_agreement(
        PROGRAMMES[programme], agreement_on=agreement_on, agreement_ref=ref, filing_on=date(2026, 3, 2)
    )

    assert codes(refusals) == expected


def test_nobody_teaches_and_assesses_the_same_class() -> None:
    assert judge_staff([(1, Duty.TRAINER), (2, Duty.ASSESSOR), (3, Duty.TRAINER)]) == ()
    (refusal,) = judge_staff([(1, Duty.TRAINER), (2, Duty.ASSESSOR), (2, Duty.TRAINER)])
    assert (refusal.code, refusal.params) == ("teaches_and_assesses", {"person": 2})


@pytest.mark.parametrize(
    ("days", "permille", "last"),
    [
        (20, 200, date(2026, 3, 12)),
        (1, 200, date(2026, 3, 9)),
        (6, 200, date(2026, 3, 10)),
        (20, 1000, date(2026, 3, 28)),
    ],
)
def test_the_last_day_to_join(days: int, permille: int, last: date) -> None:
    ends_on = date.fromordinal(date(2026, 3, 9).toordinal() + days - 1)

    assert last_day_to_join(date(2026, 3, 9), ends_on, permille) == last


@pytest.mark.parametrize(
    ("day", "on_roster", "expected"),
    [
        (date(2026, 3, 3), 2, []),
        (date(2026, 3, 3), 3, ["class_full"]),
        (date(2026, 3, 12), 0, []),
        (date(2026, 3, 13), 0, ["joins_too_late"]),
        (date(2026, 3, 13), 3, ["joins_too_late", "class_full"]),
        (date(2026, 3, 29), 0, ["class_teaching_done"]),
    ],
)
def test_joining_a_filed_class(day: date, on_roster: int, expected: list[str]) -> None:
    assert codes(judge_joining(RUN, LIMITS, day=day, on_roster=on_roster)) == expected


def test_an_open_class_takes_people_until_its_last_day() -> None:
    assert judge_joining(RUN, OPEN_LIMITS, day=date(2026, 3, 28), on_roster=0) == ()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ClassRunState.DRAFT, []),
        (ClassRunState.RETURNED, []),
        (ClassRunState.SUBMITTED, ["class_submitted"]),
        (ClassRunState.CANCELLED, ["class_cancelled"]),
    ],
)
def test_the_roster_rests_while_the_filing_is_with_the_officer(state: ClassRunState, expected: list[str]) -> None:
    run = replace(RUN, state=state, filed_on=None)

    assert codes(judge_joining(run, LIMITS, day=date(2026, 3, 3), on_roster=0)) == expected


def test_running_and_done_follow_from_the_dates() -> None:
    assert RUN.state_on(date(2026, 3, 8)) is ClassRunState.FILED
    assert RUN.state_on(date(2026, 3, 9)) is ClassRunState.RUNNING
    assert RUN.state_on(date(2026, 3, 28)) is ClassRunState.RUNNING
    assert RUN.state_on(date(2026, 3, 29)) is ClassRunState.TEACHING_DONE
    assert replace(RUN, state=ClassRunState.CANCELLED).state_on(date(2026, 3, 10)) is ClassRunState.CANCELLED
    assert replace(RUN, state=ClassRunState.DRAFT).state_on(date(2026, 3, 10)) is ClassRunState.DRAFT


def test_learning_counts_from_the_first_midnight_to_the_last_in_shanghai() -> None:
    assert window_of(date(2026, 3, 9), date(2026, 3, 20)) == (
        datetime(2026, 3, 8, 16, tzinfo=UTC),
        datetime(2026, 3, 20, 16, tzinfo=UTC),
    )
