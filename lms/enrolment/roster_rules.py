"""Reading roster files as people write them: odd headings, full-width digits, figures where text belongs. Pure.

A sheet comes in as rows of cells, each cell what the file says it is (text, whole number, decimal, date, nothing).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from lms.enrolment.data import Refusal

Cell: TypeAlias = object

HEADER_SEARCH_ROWS = 30
# Excel keeps 15 digits of a figure and turns the rest into zeros.
_EXACT_DIGITS = 15


class Column(StrEnum):
    NAME = "name"
    ID_NUMBER = "id_number"
    MOBILE = "mobile"
    ID_TYPE = "id_type"
    GENDER = "gender"
    BIRTH_DATE = "birth_date"


NEEDED = (Column.NAME, Column.ID_NUMBER, Column.MOBILE)

_SYNONYMS: dict[Column, tuple[str, ...]] = {
    Column.NAME: (
        "姓名", "学员姓名", "员工姓名", "职工姓名", "人员姓名", "名字", "员工", "学员", "name", "fullname",
    ),
    Column.ID_NUMBER: (
        "证件号码", "证件号", "身份证号", "身份证号码", "身份证", "居民身份证号", "居民身份证号码", "公民身份号码",
        "公民身份证号码", "身份证件号码", "身份号码", "idnumber", "idno", "idcard", "idcardnumber",
    ),
    Column.MOBILE: (
        "手机号码", "手机号", "手机", "联系电话", "联系手机", "联系方式", "移动电话", "电话", "电话号码", "联系号码",
        "本人手机", "本人手机号", "mobile", "mobilenumber", "phone", "phonenumber", "tel",
    ),
    Column.ID_TYPE: ("证件类型", "证件种类", "证件类别", "idtype"),
    Column.GENDER: ("性别", "gender", "sex"),
    Column.BIRTH_DATE: ("出生日期", "出生年月日", "出生年月", "生日", "birthdate", "dateofbirth", "birthday"),
}  # fmt: skip
_COLUMN_OF = {word: column for column, words in _SYNONYMS.items() for word in words}

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】")
_HEADER_NOISE = re.compile(r"[\s*:;_\-/、.。·'\"]+")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?e\+?[0-9]{2}", re.IGNORECASE)
_HAN = "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_HAN_GAP = re.compile(f"(?<={_HAN})[ \u3000\u00a0]+(?={_HAN})")
_FOOTERS = ("合计", "总计", "小计", "备注", "说明", "注:", "填表", "制表", "共计")
_EXAMPLES = ("示例", "样例", "example")
_RESIDENT_ID = {"", "居民身份证", "身份证", "二代身份证", "residentid", "idcard"}
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})(?:[-/.月]?(\d{1,2}))?日?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLine:
    """One line as text, before anybody looked at people. `fixed`: what was written had to be tidied up."""

    row_number: int
    name: str
    id_number: str
    mobile: str
    id_type: str = ""
    gender: str = ""
    birth_date: str = ""
    fixed: bool = False
    faults: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where the headings end and which column holds what (position from 0)."""

    last_row: int
    columns: Mapping[Column, int]


def find_header(rows: Sequence[Sequence[Cell]]) -> Header | None:
    """The headings among the first rows; a heading may be spread over two rows by merged cells. None: not found."""
    best: Header | None = None
    for index in range(min(len(rows), HEADER_SEARCH_ROWS)):
        for depth in (1, 2):
            found = _columns_in(rows[index : index + depth])
            if {Column.NAME, Column.ID_NUMBER} <= set(found) and (best is None or len(found) > len(best.columns)):
                best = Header(last_row=index + depth - 1, columns=found)
    return best


def missing_columns(header: Header) -> tuple[Column, ...]:
    """The needed columns that no heading names."""
    return tuple(column for column in NEEDED if column not in header.columns)


def read_lines(rows: Sequence[Sequence[Cell]], header: Header) -> tuple[RosterLine, ...]:
    """The people below the headings. Empty lines, totals, notes and examples are left out; numbers count from 1."""
    lines: list[RosterLine] = []
    for index in range(header.last_row + 1, len(rows)):
        cells = {column: _at(rows[index], position) for column, position in header.columns.items()}
        if any(not _is_empty(cells.get(column)) for column in NEEDED) and not _is_footer(cells):
            lines.append(_read_line(index + 1, cells))
    return tuple(lines)


def judge_lines(lines: Iterable[RosterLine]) -> tuple[RosterLine, ...]:
    """The lines with what they have against each other and against themselves added to their faults.

    A repeated ID number is no fault but `duplicate_of`; one mobile number under two people is a fault of the later.
    """
    first_with_id: dict[str, int] = {}
    first_with_mobile: dict[str, RosterLine] = {}
    judged: list[RosterLine] = []
    for line in lines:
        faults = [*line.faults, *_own_faults(line)]
        earlier = first_with_id.setdefault(line.id_number, line.row_number) if line.id_number else line.row_number
        if earlier != line.row_number:
            faults.append(Refusal(code="duplicate_of", field="id_number", params={"row": earlier}))
        elif line.mobile:
            holder = first_with_mobile.setdefault(line.mobile, line)
            if holder.id_number != line.id_number:
                faults.append(Refusal(code="mobile_twice", field="mobile", params={"row": holder.row_number}))
        judged.append(replace(line, faults=tuple(faults)))
    return tuple(judged)


def is_duplicate(line: RosterLine) -> bool:
    return any(fault.code == "duplicate_of" for fault in line.faults)


def number_text(value: Cell) -> tuple[str, str]:
    """The number in a cell as text, and the code of what spoiled it (empty: nothing)."""
    if value is None or isinstance(value, bool):
        return "", ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()[:10], "looks_like_date"
    if isinstance(value, int):
        text = str(value)
        return text, "number_rounded" if _was_rounded(text) else ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return "", "cell_is_formula"
        if not value.is_integer():
            return repr(value), ""
        text = str(int(value))
        return text, "number_rounded" if len(text) > _EXACT_DIGITS else ""
    text = _tidy(str(value))
    if text.startswith("#"):
        return text, "cell_is_formula"
    if _SCIENTIFIC.fullmatch(text):
        return text, "number_rounded"
    return re.sub(r"[\s-]+", "", re.sub(r"\.0+$", "", text.lstrip("'`"))).upper(), ""


def name_text(value: Cell) -> tuple[str, str]:
    """The name in a cell, without spaces between Chinese characters, and the code of what spoiled it."""
    if value is None:
        return "", ""
    if not isinstance(value, str):
        return _tidy(str(value)), ""
    text = _HAN_GAP.sub("", re.sub(r"\s+", " ", _INVISIBLE.sub("", value).replace("\u3000", " "))).strip()
    return text, "cell_is_formula" if text.startswith("#") else ""


def day_text(value: Cell) -> str:
    """A date cell as digits "19850615" or "198506"; empty where it says no date."""
    if isinstance(value, (datetime, date)):
        return value.strftime("%Y%m%d")
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)) and 20_000 <= value <= 60_000:
        # a day counted from 1899-12-30, as spreadsheets do
        return date.fromordinal(date(1899, 12, 30).toordinal() + int(value)).strftime("%Y%m%d")
    found = _DAY.fullmatch(_tidy(str(int(value) if isinstance(value, float) else value)).replace(" ", ""))
    if found is None:
        return ""
    year, month, day = found.groups()
    return year + month.zfill(2) + (day.zfill(2) if day else "")


def _read_line(row_number: int, cells: Mapping[Column, Cell]) -> RosterLine:
    faults: list[Refusal] = []
    values: dict[Column, str] = {}
    readers = {Column.NAME: name_text, Column.ID_NUMBER: number_text, Column.MOBILE: number_text}
    fixed = False
    for column, reader in readers.items():
        text, fault = reader(cells.get(column))
        values[column] = text
        fixed = fixed or (isinstance(cells.get(column), str) and text != str(cells[column]).strip())
        if fault:
            faults.append(Refusal(code=fault, field=column.value))
    return RosterLine(
        row_number=row_number,
        name=values[Column.NAME][:100],
        id_number=values[Column.ID_NUMBER][:60],
        mobile=values[Column.MOBILE][:60],
        id_type=_tidy(str(cells.get(Column.ID_TYPE) or ""))[:30],
        gender=_tidy(str(cells.get(Column.GENDER) or ""))[:10],
        birth_date=day_text(cells.get(Column.BIRTH_DATE)),
        fixed=fixed,
        faults=tuple(faults),
    )


def _own_faults(line: RosterLine) -> tuple[Refusal, ...]:
    faults: list[Refusal] = []
    if _header_word(line.id_type) not in _RESIDENT_ID:
        faults.append(Refusal(code="id_type_unsupported", field=Column.ID_TYPE.value))
        return tuple(faults)
    number = line.id_number
    if len(number) == 18 and number[:17].isdigit():
        if line.birth_date and not number[6:14].startswith(line.birth_date):
            faults.append(Refusal(code="birth_date_differs", field=Column.BIRTH_DATE.value))
        said = {"男": 1, "女": 0, "M": 1, "F": 0}.get(line.gender[:1].upper())
        if said is not None and int(number[16]) % 2 != said:
            faults.append(Refusal(code="gender_differs", field=Column.GENDER.value))
    return tuple(faults)


def _columns_in(rows: Sequence[Sequence[Cell]]) -> dict[Column, int]:
    found: dict[Column, int] = {}
    for row in rows:
        for position, cell in enumerate(row):
            column = _COLUMN_OF.get(_header_word(cell)) if isinstance(cell, str) else None
            if column is not None:
                found.setdefault(column, position)
    return found


def _header_word(cell: str) -> str:
    return _HEADER_NOISE.sub("", _BRACKETS.sub("", _tidy(cell))).lower()


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).strip()


def _at(row: Sequence[Cell], position: int) -> Cell:
    return row[position] if position < len(row) else None


def _is_empty(value: Cell) -> bool:
    return value is None or (isinstance(value, str) and not _tidy(value))


def _is_footer(cells: Mapping[Column, Cell]) -> bool:
    name = _tidy(str(cells.get(Column.NAME) or ""))
    if any(word in name.lower() for word in _EXAMPLES):
        return True
    return _is_empty(cells.get(Column.ID_NUMBER)) and name.startswith(_FOOTERS)


def _was_rounded(digits: str) -> bool:
    return len(digits) > _EXACT_DIGITS and not digits[_EXACT_DIGITS:].strip("0")
