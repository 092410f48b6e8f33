"""Resident ID numbers (domain 3.7), credit codes (3.8), mobiles, names and masks."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.accounts.data import BadNumber, Gender, IdType, OrganisationKind, Role
from lms.accounts.rules import (
    check_document,
    check_id_number,
    check_mobile,
    check_name,
    check_uscc,
    check_username,
    device_name,
    index_text,
    mask_id,
    mask_mobile,
    mask_name,
    old_enough,
    role_fits,
)

TODAY = date(2026, 3, 2)
GOOD = (
    ("310104198506159028", date(1985, 6, 15), Gender.FEMALE),
    ("310112197801019031", date(1978, 1, 1), Gender.MALE),
    ("310107199912319043", date(1999, 12, 31), Gender.FEMALE),
    ("310110200509019052", date(2005, 9, 1), Gender.MALE),
    ("310109196802299060", date(1968, 2, 29), Gender.FEMALE),
    ("310117200708159079", date(2007, 8, 15), Gender.MALE),
    ("310101199505209084", date(1995, 5, 20), Gender.FEMALE),
    ("310114200011109128", date(2000, 11, 10), Gender.FEMALE),
    ("310115199003079011", date(1990, 3, 7), Gender.MALE),
    ("11010519491231002X", date(1949, 12, 31), Gender.FEMALE),
)


@pytest.mark.parametrize(("number", "born", "gender"), GOOD)
def test_a_good_number_tells_birth_date_and_gender(number: str, born: date, gender: Gender) -> None:
    facts = check_id_number(number, TODAY)
    assert (facts.number, facts.birth_date, facts.gender, facts.region) == (number, born, gender, number[:6])


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("310104198506159029", "check_digit"),
        ("310104198502309025", "birth_date"),
        ("310104202911159020", "future"),
        ("310104850615902", "old_form"),
        ("31010419850615902", "length"),
        ("3101041985061590288", "length"),
        ("31010419850615902A", "characters"),
        ("3101041985O6159028", "characters"),
        ("", "empty"),
        ("   ", "empty"),
        ("٣10104198506159028", "characters"),
    ],
)
def test_a_bad_number_names_its_fault(number: str, code: str) -> None:
    with pytest.raises(BadNumber) as refused:
        check_id_number(number, TODAY)
    assert refused.value.code == code


def test_an_unknown_province_is_refused_and_an_unknown_county_is_not() -> None:
    with pytest.raises(BadNumber) as refused:
        check_id_number(_with_check("99990019850615902"[:6].replace("9", "0", 1) + "19850615902"), TODAY)
    assert refused.value.code == "province"
    assert check_id_number(_with_check("31019919850615902"), TODAY).county_known is False
    assert check_id_number(_with_check("31010319850615902"), TODAY).county_known is True
    assert check_id_number("11010519491231002X", TODAY).county_known is None


def test_it_is_read_as_people_type_it() -> None:
    for typed in (
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２ｘ",
    ):
        assert check_id_number(typed, TODAY).number == "11010519491231002X"


@given(st.sampled_from([number for number, _born, _gender in GOOD]), st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_found(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(BadNumber):
        check_id_number(wrong, date(9999, 1, 1))


@given(st.text(max_size=30))
def test_no_text_breaks_the_checks(text: str) -> None:
    for check in (check_uscc, check_mobile, check_name, check_username, lambda t: check_id_number(t, TODAY)):
        with contextlib.suppress(BadNumber):
            check(text)


def test_other_papers_have_their_own_numbers() -> None:
    permit = _with_check("81000019850615902")
    assert check_document(IdType.HK_MO_PERMIT, permit, TODAY) == (permit, date(1985, 6, 15), Gender.FEMALE)
    assert check_document(IdType.PASSPORT, " e12345678 ", TODAY) == ("E12345678", None, Gender.UNKNOWN)
    assert check_document(IdType.FOREIGN_PERMANENT, "USA110079010102", TODAY)[0] == "USA110079010102"
    newer = _with_check("91131019900101001")
    assert check_document(IdType.FOREIGN_PERMANENT, newer, TODAY)[0] == newer
    for id_type, number, code in (
        (IdType.RESIDENT_ID, permit, "wrong_type"),
        (IdType.TW_PERMIT, permit, "wrong_type"),
        (IdType.HK_MO_PERMIT, "310104198506159028", "wrong_type"),
        (IdType.FOREIGN_PERMANENT, "310104198506159028", "wrong_type"),
        (IdType.PASSPORT, "E1!", "passport"),
    ):
        with pytest.raises(BadNumber) as refused:
            check_document(id_type, number, TODAY)
        assert refused.value.code == code


def test_a_passport_is_never_found_under_a_resident_number() -> None:
    number = "310104198506159028"
    assert index_text(IdType.PASSPORT, number) != index_text(IdType.RESIDENT_ID, number)
    assert index_text(IdType.RESIDENT_ID, number) == index_text(IdType.HK_MO_PERMIT, number) == number


@pytest.mark.parametrize(
    "code",
    [
        "91310115MAE0A0015G",
        "91310104MAE0A0023D",
        "91310112MAE0A0031T",
        "91310113MAE0A004X1",
        "52310101MJ90000149",
        "12310000425000014Y",
        "91350200MA2YJ1XR9G",
        "9144030071526726XG",
        "91330100799655058B",
    ],
)
def test_a_good_credit_code_passes(code: str) -> None:
    assert check_uscc(f" {code.lower()} ") == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91310115MAE0A0015H", "check_digit"),
        ("91310115MAE0A0016G", "check_digit"),
        ("91310115MAE0A001G", "length"),
        ("91310115MAE0A0O15G", "characters"),
        ("9131011５MAE0A0015", "length"),
        ("", "empty"),
    ],
)
def test_a_bad_credit_code_names_its_fault(text: str, code: str) -> None:
    with pytest.raises(BadNumber) as refused:
        check_uscc(text)
    assert refused.value.code == code


def test_an_odd_real_code_passes_only_by_the_list() -> None:
    odd = "91310115MAE0A0015H"
    assert check_uscc(odd, allowed=(odd,)) == odd
    with pytest.raises(BadNumber):
        check_uscc(odd, allowed=("91310104MAE0A0023D",))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("86-13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
    ],
)
def test_a_mobile_is_read_as_people_type_it(text: str, number: str) -> None:
    assert check_mobile(text) == number


@pytest.mark.parametrize("text", ["12800138000", "1380013800", "138001380001", "02162345678", "٠٣٨٠٠١٣٨٠٠٠"])
def test_what_is_no_mainland_mobile_is_refused(text: str) -> None:
    with pytest.raises(BadNumber) as refused:
        check_mobile(text)
    assert refused.value.code == "mobile"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张三", "张三"),
        (" 张三 ", "张三"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("𠮷田", "𠮷田"),
        ("王𬭳", "王𬭳"),
        ("李𫖯", "李𫖯"),
        ("赵\U00031350", "赵\U00031350"),
        ("王〇", "王〇"),
        ("John  Smith", "John Smith"),
        ("O'Neil", "O'Neil"),
        ("三五", "三五"),
    ],
)
def test_a_name_as_on_the_card_passes(typed: str, name: str) -> None:
    assert check_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("张", "name_length"),
        ("张" * 51, "name_length"),
        ("张3", "name_digits"),
        ("张③", "name_digits"),
        ("·张三", "name"),
        ("张三·", "name"),
        ("张··三", "name"),
        ("张三<b>", "name"),
        ("张\ue000", "name"),
        ("", "empty"),
    ],
)
def test_what_is_no_name_names_its_fault(typed: str, code: str) -> None:
    with pytest.raises(BadNumber) as refused:
        check_name(typed)
    assert refused.value.code == code


def test_masks_are_those_of_the_rule() -> None:
    assert (mask_name("张三"), mask_name("欧阳锋"), mask_name("")) == ("张*", "欧**", "")
    assert mask_id("310104198506159028") == "310***********9028"
    assert mask_id("E1234567") == "******67"
    assert mask_mobile("13812345678") == "138****5678"
    assert (mask_id(""), mask_mobile("")) == ("", "")


def test_sixteen_is_counted_by_the_birthday() -> None:
    assert old_enough(date(2010, 3, 2), TODAY)
    assert not old_enough(date(2010, 3, 3), TODAY)
    assert old_enough(None, TODAY)


def test_only_fitting_organisations_give_a_role() -> None:
    assert role_fits(OrganisationKind.AUTHORITY, Role.OFFICER)
    assert not role_fits(OrganisationKind.ENTERPRISE, Role.OFFICER)
    assert not role_fits(OrganisationKind.PROVIDER, Role.HR)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 11; V2) Chrome/86 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 14_0 like Mac OS X) Version/14.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge · Windows"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_know_it(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


def test_a_user_name_can_not_be_taken_for_a_number() -> None:
    assert check_username(" Zhang.San ") == "zhang.san"
    for text in ("13800138000", "3zhang", "zhang san", "ab", "张三"):
        with pytest.raises(BadNumber):
            check_username(text)


def _with_check(first17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, first17, strict=True))
    return first17 + "10X98765432"[total % 11]
