import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.lib.periods import PERIOD_SECONDS, periods_text, tenths_of_period, whole_periods


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0"),
        (269, "0.0"),
        (270, "0.1"),
        (64_740, "23.9"),
        (64_799, "23.9"),
        (64_800, "24.0"),
        (2_700_000, "1,000.0"),
    ],
)
def test_periods_are_rounded_down(seconds: int, text: str) -> None:
    assert periods_text(seconds) == text


def test_negative_seconds_have_no_periods() -> None:
    with pytest.raises(ValueError, match="never negative"):
        periods_text(-1)


@given(st.integers(0, 10**9))
def test_shown_periods_never_exceed_the_seconds(seconds: int) -> None:
    assert tenths_of_period(seconds) * 270 <= seconds < (tenths_of_period(seconds) + 1) * 270
    assert whole_periods(seconds) * PERIOD_SECONDS <= seconds < (whole_periods(seconds) + 1) * PERIOD_SECONDS


@given(st.integers(0, 10**6))
def test_a_requirement_is_met_on_screen_only_when_it_is_met_in_seconds(seconds: int) -> None:
    assert (tenths_of_period(seconds) >= 240) == (seconds >= 64_800)
