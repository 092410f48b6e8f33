"""Deadlines in Chinese working days, where each answer leads, and what may go into an appeal."""

from __future__ import annotations

from datetime import date

import pytest

from lms.appeals import rules
from lms.appeals.data import AppealState, UnableToAppeal
from lms.hours.api import limits_for
from lms.lib.workdays import shipped_calendar

LIMITS = limits_for(pack="REF-HOURS-2026.1", category="group_class")
CALENDAR = shipped_calendar()


@pytest.mark.parametrize(
    ("entered", "ends", "last"),
    [
        (date(2026, 3, 12), date(2026, 2, 12), date(2026, 3, 26)),
        (date(2026, 3, 12), date(2026, 4, 28), date(2026, 5, 14)),  # over Labour Day
        (date(2026, 9, 1), date(2026, 9, 24), date(2026, 10, 15)),  # over National Day
    ],
)
def test_an_appeal_is_in_time_ten_working_days_after_entry_and_class(entered: date, ends: date, last: date) -> None:
    assert rules.lodge_until(entered_on=entered, class_ends_on=ends, limits=LIMITS, calendar=CALENDAR) == last


def test_each_step_has_its_own_time_and_a_closed_appeal_none() -> None:
    since = date(2026, 3, 12)
    found = {state: rules.due_on(state, since=since, limits=LIMITS, calendar=CALENDAR) for state in AppealState}
    assert found == {
        AppealState.PROVIDER: date(2026, 3, 19),
        AppealState.ANSWERED: date(2026, 3, 19),
        AppealState.AUTHORITY: date(2026, 3, 26),
        AppealState.UPHELD: None,
        AppealState.REFUSED: None,
    }


def test_a_year_without_a_calendar_gives_the_latest_day_that_can_be() -> None:
    last = rules.due_on(AppealState.PROVIDER, since=date(2026, 12, 30), limits=LIMITS, calendar=CALENDAR)
    assert last is not None
    assert last > date(2027, 1, 7)


def test_where_answers_and_silence_lead() -> None:
    assert rules.after_answer(AppealState.PROVIDER, upheld=True) is AppealState.UPHELD
    assert rules.after_answer(AppealState.PROVIDER, upheld=False) is AppealState.ANSWERED
    assert rules.after_answer(AppealState.AUTHORITY, upheld=True) is AppealState.UPHELD
    assert rules.after_answer(AppealState.AUTHORITY, upheld=False) is AppealState.REFUSED
    assert {state: rules.after_silence(state) for state in AppealState} == {
        AppealState.PROVIDER: AppealState.AUTHORITY,
        AppealState.ANSWERED: AppealState.REFUSED,
        AppealState.AUTHORITY: AppealState.AUTHORITY,
        AppealState.UPHELD: AppealState.UPHELD,
        AppealState.REFUSED: AppealState.REFUSED,
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "words_missing"),
        (" \n\t", "words_missing"),
        ("字" * 10_000, "words_too_long"),
        ("a\x00b", "words_unreadable"),
    ],
)
def test_words_that_cannot_be_taken(text: str, code: str) -> None:
    with pytest.raises(UnableToAppeal) as refused:
        rules.check_words(text)
    assert refused.value.code == code


def test_the_files_first_bytes_say_what_it_is() -> None:
    assert rules.file_type(b"%PDF-1.7") == "application/pdf"
    assert rules.file_type(b"\x89PNG\r\n\x1a\n...") == "image/png"
    assert rules.file_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    for data, code in (
        (b"", "file_empty"),
        (b"<svg onload=alert(1)>", "file_kind"),
        (b"MZ\x90", "file_kind"),
        (b"%PDF-" + b"0" * (8 << 20), "file_too_large"),
    ):
        with pytest.raises(UnableToAppeal) as refused:
            rules.file_type(data)
        assert refused.value.code == code
