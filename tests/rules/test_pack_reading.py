import pytest

from lms.lib.workdays import shipped_calendar
from lms.subsidy.data import PackError
from lms.subsidy.engine.casecheck import check_cases
from lms.subsidy.engine.reader import read_pack
from lms.subsidy.shelf import shipped_packs, shipped_texts
from tests.rules.small_pack import SMALL_PACK


def changed(*pairs: tuple[str, str]) -> str:
    text = SMALL_PACK
    for old, new in pairs:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def test_the_small_pack_is_read_and_proves_itself() -> None:
    pack = read_pack(SMALL_PACK)
    assert pack.pack_id == "SMALL"
    assert set(pack.schemes) == {"SMALL-HOURS"}
    assert pack.schemes["SMALL-HOURS"].facts == (
        "credited_s",
        "filed_on",
        "fit",
        "ledger_keys",
        "payee",
        "submitted_on",
    )
    check_cases(pack, shipped_calendar())


@pytest.mark.parametrize("name", sorted(shipped_texts()))
def test_every_shipped_pack_is_read_and_proves_itself(name: str) -> None:
    check_cases(read_pack(shipped_texts()[name]), shipped_calendar())


def test_shipped_packs_say_that_they_are_no_official_document() -> None:
    for pack in shipped_packs():
        assert pack.note.zh == "参考政策集，不代表主管部门。"
        assert "official" in pack.note.en


def test_the_digest_follows_the_content_and_not_the_layout() -> None:
    digest = read_pack(SMALL_PACK).pack_digest
    assert read_pack("# a comment\n" + SMALL_PACK).pack_digest == digest
    assert read_pack(changed(("value = 1500", "value = 1501"))).pack_digest != digest


PLANTED = {
    "a value without a reference": (('value = 1500, ref = "SMALL 1.2"', "value = 1500"), "no legal reference"),
    "an empty reference": (('value = 1500, ref = "SMALL 1.2"', 'value = 1500, ref = " "'), "no legal reference"),
    "a clause without a reference": (
        ('ref = "SMALL 1.4"\ntitle = { zh = "主营业务"', 'title = { zh = "主营业务"'),
        "no legal reference",
    ),
    "a version without a reference": (('to = 2026-06-30\nref = "SMALL 1"', "to = 2026-06-30"), "no legal reference"),
    "an amount without a reference": (
        ('from = 2026-01-01\nref = "SMALL 1.2"\n', "from = 2026-01-01\n"),
        "no legal ref",
    ),
    "a float value": (("value = 1500", "value = 0.95"), "float has no place"),
    "a float in a baseline": (("credited_s = 64800", "credited_s = 64800.0"), "float has no place"),
    "a float in a formula": (('"whole * p.rate_fen"', '"whole * 0.95"'), "no float"),
    "a clock time": (("from = 2026-01-01\nto", "from = 2026-01-01T00:00:00\nto"), "datetime has no place"),
    "an unknown fact in a test": (('test = "fit"', 'test = "fits"'), "not declared"),
    "an unknown fact in a sentence": (('zh = "{fit}"', 'zh = "{fits}"'), "not declared"),
    "an unknown parameter": (("p.lines_max - 1", "p.lines - 1"), "not declared"),
    "a line's field that does not exist": (("line.submitted_on", "line.sent_on"), "not declared"),
    "an unknown fact in a baseline": (("fit = true", "fitt = true"), "not a declared fact"),
    "an unknown fact in a case": (("facts = { fit = false }", "facts = { fits = false }"), "not a declared fact"),
    "a test that is no condition": (('test = "fit"', 'test = "credited_s"'), "bool is needed"),
    "a limit that is no number": (('"p.lines_max - 1"', '"fit"'), "int is needed"),
    "a payee that is no text": (('payee_ref = "payee"', 'payee_ref = "credited_s"'), "text is needed"),
    "a deadline that is no day": (("working_days(filed_on, 10)", "credited_s"), "date is needed"),
    "a value of another type": (("value = 54000", "value = '54000'"), "one type"),
    "values out of order": (("from = 2026-07-01, value", "from = 2025-07-01, value"), "in order"),
    "a value that begins inside a version": (
        ("from = 2026-07-01, value", "from = 2026-05-01, value"),
        "no version beg",
    ),
    "a fact of the wrong type": (("fit = true", "fit = 1"), "must be bool"),
    "a number where a date stands": (("filed_on = 2026-03-02", "filed_on = 20260302"), "must be date"),
    "a number out of bounds": (("credited_s = 64800", "credited_s = 9000000000000000"), "out of bounds"),
    "a missing translation": (
        ('why = { zh = "不相符。", en = "it does not fit." }', 'why = { zh = "不相符。" }'),
        "lacks 'en'",
    ),
    "an empty translation": (('en = "it does not fit."', 'en = " "'), "needs a zh and an en"),
    "braces that do not match": (('zh = "相符"', 'zh = "相{符"'), "braces"),
    "a style that does not fit": (("{p.lines_max} 次", "{p.lines_max|day} 次"), "can't be written"),
    "an unknown key in a clause": (('test = "fit"', 'test = "fit"\nweight = 1'), "unknown keys: weight"),
    "an unknown key at the top": (('id = "SMALL"', 'id = "SMALL"\nowner = "x"'), "unknown keys: owner"),
    "an unknown key in a line": (
        ('programme = "OTHER", ', 'programme = "OTHER", colour = "x", '),
        "unknown keys: colour",
    ),
    "a clause with neither test nor limit": (('test = "fit"\n', ""), "neither a test nor a limit"),
    "a scheme with an unknown clause": (('"HRS", "FIT"', '"HRS", "FAT"'), "unknown clause"),
    "a clause chosen twice": (('"HRS", "FIT"', '"HRS", "HRS", "FIT"'), "one twice"),
    "a clause that no scheme uses": (('clauses = ["HRS", "FIT", ', 'clauses = ["HRS", '), "does not read: fit"),
    "a step with the name of a fact": (('name = "whole"', 'name = "fit"'), "is taken"),
    "a derived name that is taken": (('enough = "cred', 'fit = "cred'), "is taken"),
    "a last step that is no money": (
        ('label = { zh = "应付"', 'unit = "periods"\nlabel = { zh = "应付"'),
        "last one in fen",
    ),
    "a gap between versions": (("to = 2026-06-30", "to = 2026-06-29"), "must begin the day after"),
    "versions that overlap": (("to = 2026-06-30", "to = 2026-07-01"), "must begin the day after"),
    "a deciding fact that is no date": (('decided_by = "filed_on"', 'decided_by = "fit"'), "must be a declared fact"),
    "a fact of an unknown kind": (('kind = "set"', 'kind = "list"'), "no kind of fact"),
    "a budget that does something else": (('"queue"', '"ignore"'), "queue or refuse"),
    "a case of another programme": (
        ('id = "fit"\nprogramme = "SMALL-HOURS"', 'id = "fit"\nprogramme = "X"'),
        "no scheme",
    ),
    "text that is no TOML": (('id = "SMALL"', "id = SMALL"), "no TOML"),
    "a limit over no programme": (('programmes = ["SMALL-HOURS"]', "programmes = []"), "must list programme codes"),
}


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_broken_pack_is_refused_when_it_is_read(name: str) -> None:
    change, words = PLANTED[name]
    with pytest.raises(PackError, match=words):
        read_pack(changed(change))


def test_a_parameter_must_have_a_value_when_its_scheme_begins() -> None:
    late = ("values = [{ from = 2026-01-01, value = 1500", "values = [{ from = 2026-07-01, value = 1500")
    with pytest.raises(PackError, match=r"p\.rate_fen has no value on 2026-01-01"):
        read_pack(changed(late))


def test_a_formula_must_hold_from_the_scheme_s_first_day() -> None:
    late = ("[[schemes.SMALL-HOURS.amount]]\nfrom = 2026-01-01", "[[schemes.SMALL-HOURS.amount]]\nfrom = 2026-07-01")
    with pytest.raises(PackError, match="begin by 2026-01-01"):
        read_pack(changed(late))


def test_what_is_declared_must_be_used() -> None:
    extra = '[facts.idle]\nkind = "bool"\nlabel = { zh = "闲", en = "idle" }\nevidence = { zh = "无", en = "none" }\n\n'
    with pytest.raises(PackError, match="nothing uses it: idle"):
        read_pack(changed(("[derived]", extra + "[derived]")))


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(PackError, match="1 MB"):
        read_pack("#" * 1_000_001)


_FIT_FAILS = 'facts = { fit = false }\noutcome = "refuse"\nfailed = ["FIT"]'
UNPROVEN = {
    "no failing case": (_FIT_FAILS, 'outcome = "approve"\namount_fen = 36000', "FIT has no failing case"),
    "another outcome": (_FIT_FAILS[24:], 'outcome = "hold"\nfailed = ["FIT"]', "case 'fit' gives"),
    "another amount": ("amount_fen = 36000", "amount_fen = 36001", "case 'passes' gives"),
    "a clause left out of the list": ('failed = ["HRS"]', "", "case 'hours' gives"),
    "a case twice": ('id = "hours"', 'id = "passes"', "stands twice"),
}


@pytest.mark.parametrize("name", sorted(UNPROVEN))
def test_a_pack_that_does_not_prove_itself_is_refused(name: str) -> None:
    old, new, words = UNPROVEN[name]
    pack = read_pack(changed((old, new)))
    with pytest.raises(PackError, match=words):
        check_cases(pack, shipped_calendar())


def test_a_clause_that_can_never_pass_is_found() -> None:
    never = changed(
        ('test = "fit"', 'test = "fit and not fit"'),
        ('outcome = "approve"\namount_fen = 36000', 'outcome = "refuse"\nfailed = ["FIT"]'),
    )
    with pytest.raises(PackError, match="FIT has no passing case"):
        check_cases(read_pack(never), shipped_calendar())
