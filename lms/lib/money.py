"""Integer fen and their text in yuan. Text is read digit by digit: no float ever comes near money."""

from __future__ import annotations

import re

_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.(?P<part>\d{1,18}))?", re.ASCII)


def scaled_integer(text: str, *, decimals: int) -> int:
    """The decimal number in `text` times 10**decimals, exactly: "0.95" with 4 decimals is 9500.

    Thousands may be grouped with commas. Raises ValueError for anything else, or where digits beyond `decimals`
    are not zero: precision is never dropped in silence.
    """
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no plain decimal number")
    part = (match["part"] or "").rstrip("0")
    if len(part) > decimals:
        raise ValueError(f"{text!r} has more than {decimals} decimals")
    value = int(match["whole"].replace(",", "") + part.ljust(decimals, "0"))
    return -value if match["sign"] else value


def parse_yuan(text: str) -> int:
    """Fen of an amount written in yuan: "580", "585.55", "8,100.00", "¥8,100.00", "8,100.00 元".

    Raises ValueError for other forms and for parts of a fen.
    """
    bare = text.strip().replace("，", ",").removesuffix("元")
    for sign in ("¥", "￥"):
        bare = bare.removeprefix(sign)
    return scaled_integer(bare, decimals=2)


def plain_yuan(fen: int) -> str:
    """Yuan with two decimals and no grouping, for files that machines read: "8100.00"."""
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{part:02d}"


def grouped_yuan(fen: int) -> str:
    """Yuan as people read it: "8,100.00"."""
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{part:02d}"


def yuan_text(fen: int) -> str:
    """The amount with its unit, as Chinese pages write it: "8,100.00 元"."""
    return f"{grouped_yuan(fen)} 元"
