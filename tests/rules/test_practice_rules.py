from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.hours.api import limits_for
from lms.lib.localday import SHANGHAI
from lms.practice.data import AttendanceState, CodeKind, PracticeSessionFacts
from lms.practice.rules import (
    Signed,
    attendance_state,
    clock,
    counted_ms,
    is_complete,
    is_fresh,
    live_windows,
    parse_code,
    parse_ticket,
    seconds_left,
    window_at,
)

LIMITS = limits_for(pack="REF-HOURS-2026.1", category="group_class")
NINE = datetime(2026, 3, 9, 9, tzinfo=SHANGHAI)
SESSION = PracticeSessionFacts(
    session_id=1,
    class_run_id=1,
    unit_key="u",
    title="t",
    base_id=1,
    trainer_id=1,
    place="",
    starts_at=NINE,
    ends_at=NINE + timedelta(hours=3),
    breaks=((NINE + timedelta(minutes=90), NINE + timedelta(minutes=105)),),
    cancelled_at=None,
)
HOUR = 3_600_000
instants = st.integers(min_value=-7200, max_value=18_000).map(lambda second: NINE + timedelta(seconds=second))


def signed(come: datetime, go: datetime) -> Signed:
    return Signed(in_at=come, in_counts=True, out_at=go, out_counts=True, signed_off=True)


@pytest.mark.parametrize(
    ("come", "go", "expected"),
    [
        (0, 180, 3 * HOUR - 900_000),
        (-60, 240, 3 * HOUR - 900_000),
        (30, 80, 3_000_000),
        (90, 105, 0),
        (80, 110, 15 * 60_000),
        (-60, 0, 0),
        (180, 200, 0),
        (179, 181, 60_000),
    ],
)
def test_what_counts_is_in_to_out_inside_the_schedule_without_breaks(come: int, go: int, expected: int) -> None:
    attendance = signed(NINE + timedelta(minutes=come), NINE + timedelta(minutes=go))

    assert counted_ms(SESSION, attendance) == expected


def test_either_sign_missing_counts_nothing() -> None:
    assert counted_ms(SESSION, Signed(in_at=NINE)) == 0
    assert counted_ms(SESSION, Signed()) == 0


@settings(deadline=None)  # a busy machine is no failure
@given(instants, instants)
def test_nothing_ever_counts_more_than_presence_or_schedule(come: datetime, go: datetime) -> None:
    counted = counted_ms(SESSION, signed(min(come, go), max(come, go)))

    assert 0 <= counted <= SESSION.scheduled_seconds * 1000
    assert counted <= int((max(come, go) - min(come, go)).total_seconds()) * 1000


@settings(deadline=None)  # a busy machine is no failure
@given(instants, instants, instants)
def test_staying_longer_never_counts_less(first: datetime, second: datetime, third: datetime) -> None:
    come, early, late = sorted((first, second, third))

    assert counted_ms(SESSION, signed(come, early)) <= counted_ms(SESSION, signed(come, late))


@pytest.mark.parametrize(("age_ms", "fresh"), [(0, True), (29_999, True), (30_000, False), (-1, False)])
def test_a_code_is_fresh_for_half_a_minute_and_never_from_the_future(age_ms: int, fresh: bool) -> None:
    window = window_at(NINE, LIMITS)

    assert is_fresh(window, NINE + timedelta(milliseconds=age_ms), LIMITS) is fresh


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(min_value=0, max_value=86_400_000))
def test_the_shown_code_is_always_fresh_and_the_ring_never_empty(offset_ms: int) -> None:
    now = NINE + timedelta(milliseconds=offset_ms)

    assert is_fresh(window_at(now, LIMITS), now, LIMITS)
    assert 1 <= seconds_left(now, LIMITS) <= LIMITS.practice_code_rotate_seconds
    assert 1 <= len(live_windows(now, LIMITS)) <= 2


@pytest.mark.parametrize(
    "text",
    ["", "1.in.2", "1.up.2." + "0" * 32, "1.in.2." + "g" * 32, "-1.in.2." + "0" * 32, "1" * 13 + ".in.2." + "0" * 32],
)
def test_what_is_no_code_is_no_code(text: str) -> None:
    assert parse_code(text) is None
    assert parse_ticket(text) is None


def test_a_code_says_its_parts() -> None:
    parts = parse_code(" 12.out.88640640." + "a" * 32 + " ")

    assert parts is not None
    assert (parts.session_id, parts.kind, parts.window) == (12, CodeKind.OUT, 88_640_640)


def test_the_state_follows_the_signs_and_the_clock() -> None:
    at = NINE + timedelta(hours=1)
    here = Signed(in_at=NINE, in_counts=True)
    gone = replace(here, out_at=at, out_counts=True)
    later = SESSION.ends_at + timedelta(hours=1)
    cases = (
        (Signed(), at, AttendanceState.EXPECTED),
        (Signed(), SESSION.ends_at, AttendanceState.ABSENT),
        (here, at, AttendanceState.PRESENT),
        (replace(here, in_counts=False), at, AttendanceState.TO_CONFIRM),
        (here, later - timedelta(seconds=1), AttendanceState.PRESENT),
        (here, later, AttendanceState.MISSING_OUT),
        (gone, at, AttendanceState.TO_SIGN_OFF),
        (replace(gone, out_counts=False), at, AttendanceState.TO_CONFIRM),
        (replace(gone, sealed=True), at, AttendanceState.COUNTED),
    )

    assert [attendance_state(SESSION, one, now=now, limits=LIMITS) for one, now, _ in cases] == [
        expected for _, _, expected in cases
    ]
    cancelled = replace(SESSION, cancelled_at=NINE)
    assert attendance_state(cancelled, here, now=at, limits=LIMITS) is AttendanceState.CANCELLED


def test_only_in_out_and_sign_off_together_are_complete() -> None:
    whole = Signed(in_at=NINE, in_counts=True, out_at=NINE, out_counts=True, signed_off=True)

    assert is_complete(whole)
    assert not is_complete(replace(whole, in_counts=False))
    assert not is_complete(replace(whole, out_counts=False))
    assert not is_complete(replace(whole, signed_off=False))


def test_people_read_shanghai_time() -> None:
    assert clock(datetime(2026, 3, 8, 16, 5, tzinfo=UTC)) == "3-9 00:05"
