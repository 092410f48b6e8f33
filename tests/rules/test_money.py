import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.lib.money import grouped_yuan, parse_yuan, plain_yuan, scaled_integer, yuan_text


@given(st.integers(-(10**14), 10**14))
def test_text_and_back_is_the_same_amount(fen: int) -> None:
    assert parse_yuan(plain_yuan(fen)) == fen
    assert parse_yuan(grouped_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("580", 58_000),
        ("0.95", 95),
        ("585.5", 58_550),
        ("8,100.00", 810_000),
        ("8，100.00", 810_000),
        ("8,100.00 元", 810_000),
        ("¥8,100.00", 810_000),
        ("￥600元", 60_000),
        ("600.0000", 60_000),
        ("-551.00", -55_100),
        (" 1 ", 100),
    ],
)
def test_amounts_as_people_write_them(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text", ["", "1.001", "1e3", "1,00.00", "0x10", "NaN", "１００", "1.", ".5", "1 000", "--1", "1" * 16]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse_yuan(text)


def test_a_share_is_read_without_a_float() -> None:
    assert scaled_integer("0.95", decimals=4) == 9_500
    assert scaled_integer("0.5", decimals=6) == 500_000


def test_money_reads_as_chinese_pages_write_it() -> None:
    assert yuan_text(810_000) == "8,100.00 元"
    assert yuan_text(5) == "0.05 元"
    assert yuan_text(-55_100) == "-551.00 元"
    assert grouped_yuan(123_456_789) == "1,234,567.89"
