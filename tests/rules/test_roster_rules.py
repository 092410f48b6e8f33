from __future__ import annotations

from datetime import date, datetime

import pytest

from lms.enrolment.roster_rules import (
    Cell,
    Column,
    day_text,
    find_header,
    is_duplicate,
    judge_lines,
    missing_columns,
    name_text,
    number_text,
    read_lines,
)

HEAD = ("姓名", "证件号码", "手机号码")
A, B = "310112197801019031", "310115199003079011"


def day(*parts: int) -> datetime:
    """A day as spreadsheets hold it: an instant without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def lines_of(*rows: tuple[Cell, ...], head: tuple[Cell, ...] = HEAD) -> list[tuple[int, str, str, str]]:
    table = [head, *rows]
    header = find_header(table)
    assert header is not None
    return [(line.row_number, line.name, line.id_number, line.mobile) for line in read_lines(table, header)]


@pytest.mark.parametrize(
    "head",
    [
        ("姓名", "证件号码", "手机号码"),
        ("学员姓名*", "身份证号码(必填)", "联系电话"),
        (" 姓 名 ", "身份证", "手机"),
        ("姓名:", "公民身份号码【18位】", "移动电话"),
        ("Name", "ID number", "Mobile"),
        ("员工姓名", "居民身份证号码", "本人手机号"),
    ],
)
def test_headings_are_known_by_many_names(head: tuple[str, ...]) -> None:
    header = find_header([head])

    assert header is not None
    assert dict(header.columns) == {Column.NAME: 0, Column.ID_NUMBER: 1, Column.MOBILE: 2}
    assert missing_columns(header) == ()


def test_headings_may_stand_below_a_title_in_any_order_with_other_columns_between() -> None:
    table = [
        ("2026年秋季电工班花名册", None, None, None, None),
        (None, None, None, None, None),
        ("序号", "手机号", "部门", "姓名", "身份证号"),
        (1, "13800006207", "钣金一车间", "李秀兰", A),
    ]
    header = find_header(table)

    assert header is not None
    assert header.last_row == 2
    assert [(line.row_number, line.name) for line in read_lines(table, header)] == [(4, "李秀兰")]


def test_headings_may_be_spread_over_two_rows_by_merged_cells() -> None:
    table = [
        ("姓名", "证件信息", None, "联系方式说明", None),
        (None, "证件类型", "证件号码", "手机", "邮箱"),
        ("王建国", "居民身份证", A, "15000007731", "a@b.c"),
    ]
    header = find_header(table)

    assert header is not None
    assert header.last_row == 1
    assert header.columns[Column.ID_NUMBER] == 2
    assert header.columns[Column.MOBILE] == 3
    (line,) = read_lines(table, header)
    assert (line.name, line.id_number, line.mobile, line.id_type) == ("王建国", A, "15000007731", "居民身份证")


def test_no_headings_and_missing_columns_are_told_apart() -> None:
    assert find_header([("张三", A, "13800006207")]) is None
    assert find_header([]) is None
    header = find_header([("姓名", "身份证号")])
    assert header is not None
    assert missing_columns(header) == (Column.MOBILE,)


def test_empty_lines_totals_notes_and_examples_are_left_out() -> None:
    assert lines_of(
        ("张三(示例)", A, "13800000000"),
        (None, None, None),
        ("  ", "\u3000", ""),
        ("李秀兰", A, "13800006207"),
        ("合计", None, 1),
        ("备注:以上人员均已签订劳动合同", None, None),
    ) == [(5, "李秀兰", A, "13800006207")]


@pytest.mark.parametrize(
    ("cell", "text", "fault"),
    [
        ("３１０１１２１９７８０１０１９０３１", A, ""),
        (" 3101 1219 7801 0190 31 ", A, ""),
        ("'310112197801019031", A, ""),
        ("\u200b310112197801019031\ufeff", A, ""),
        ("11010519491231002x", "11010519491231002X", ""),
        (13800006207, "13800006207", ""),
        (13800006207.0, "13800006207", ""),
        ("13800006207.0", "13800006207", ""),
        ("138-0000-6207", "13800006207", ""),
        (310112197801019031, A, ""),
        (310112197801019000, "310112197801019000", "number_rounded"),
        (3.10112197801019e17, "310112197801019008", "number_rounded"),
        ("3.10112E+17", "3.10112E+17", "number_rounded"),
        (day(2026, 3, 1), "2026-03-01", "looks_like_date"),
        (date(2026, 3, 1), "2026-03-01", "looks_like_date"),
        ("#N/A", "#N/A", "cell_is_formula"),
        (float("nan"), "", "cell_is_formula"),
        (0.5, "0.5", ""),
        (None, "", ""),
        (True, "", ""),
    ],
)
def test_numbers_come_as_text_whatever_the_cell_holds(cell: Cell, text: str, fault: str) -> None:
    assert number_text(cell) == (text, fault)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("赵 鹏", "赵鹏"),
        ("赵\u3000鹏", "赵鹏"),
        (" 李秀兰\n", "李秀兰"),
        ("买买提·艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("\u200b孙丽", "孙丽"),
        (None, ""),
    ],
)
def test_names_lose_stray_spaces(cell: Cell, text: str) -> None:
    assert name_text(cell) == (text, "")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (day(1985, 6, 15), "19850615"),
        ("1985-06-15", "19850615"),
        ("1985年6月15日", "19850615"),
        ("1985/6/15", "19850615"),
        ("1985.06", "198506"),
        (19850615, "19850615"),
        (31213, "19850615"),
        ("不详", ""),
        (None, ""),
    ],
)
def test_days_of_many_spellings(cell: Cell, text: str) -> None:
    assert day_text(cell) == text


def test_the_second_line_with_one_number_is_a_duplicate_and_has_no_other_fault() -> None:
    table = [HEAD, ("李秀兰", A, "13800006207"), ("周敏", B, "13900000005"), ("李秀兰", A, "13800006207")]
    header = find_header(table)
    assert header is not None

    first, second, third = judge_lines(read_lines(table, header))

    assert (first.faults, second.faults) == ((), ())
    assert is_duplicate(third)
    assert [(fault.code, fault.params) for fault in third.faults] == [("duplicate_of", {"row": 2})]


def test_one_mobile_under_two_people_is_a_fault_of_the_later() -> None:
    table = [HEAD, ("李秀兰", A, "13800006207"), ("周敏", B, "138 0000 6207")]
    header = find_header(table)
    assert header is not None

    first, second = judge_lines(read_lines(table, header))

    assert first.faults == ()
    assert [(fault.code, fault.field, fault.params) for fault in second.faults] == [
        ("mobile_twice", "mobile", {"row": 2})
    ]


def test_birth_date_gender_and_paper_are_held_against_the_number() -> None:
    head = (*HEAD, "性别", "出生日期", "证件类型")
    table = [
        head,
        ("王建国", A, "13800000001", "男", "1978-01-01", "居民身份证"),
        ("周敏", B, "13800000002", "女", day(1990, 3, 8), "身份证"),
        ("李四", "E12345678", "13800000003", None, None, "护照"),
    ]
    header = find_header(table)
    assert header is not None

    right, wrong, passport = judge_lines(read_lines(table, header))

    assert right.faults == ()
    assert [fault.code for fault in wrong.faults] == ["birth_date_differs", "gender_differs"]
    assert [fault.code for fault in passport.faults] == ["id_type_unsupported"]


def test_tidied_lines_are_marked_and_clean_ones_are_not() -> None:
    table = [HEAD, ("李秀兰", A, "13800006207"), ("赵 鹏", B, 13900000005.0), ("孙丽", "３" + A[1:], "13700000001")]
    header = find_header(table)
    assert header is not None

    assert [line.fixed for line in read_lines(table, header)] == [False, True, True]
