"""The worked decisions of the domain, decided exactly; and other cases of the same form at their boundaries."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lms.subsidy.cases import CaseFileError, PolicyCase, choose_packs, decide_case, read_cases
from lms.subsidy.casewords import FIELDS, PROGRAMMES, CaseError
from lms.subsidy.shelf import shipped_pack_set

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "tests" / "golden" / "policy_cases.json"
PACKS = shipped_pack_set()
CASES: list[dict[str, Any]] = json.loads(PUBLISHED.read_text(encoding="utf-8"))["cases"]
# last days, single seconds, month ends, leap days, the missing calendar of 2027, several failing clauses at once
BOUNDARIES: list[dict[str, Any]] = json.loads(
    (ROOT / "tests" / "golden" / "policy_boundaries.json").read_text(encoding="utf-8")
)["cases"]


def decided(programme: str, inputs: dict[str, Any]) -> tuple[str, str | None, int, list[str]]:
    """The answer to inputs that went through JSON, as in a file."""
    text = json.dumps({"cases": [{"id": "x", "programme": programme, "inputs": inputs}]})
    (case,) = read_cases(text)
    answer = decide_case(PACKS, case)
    return answer.outcome, answer.payee, answer.amount_fen, list(answer.failed_clauses)


def test_the_published_cases_are_all_here() -> None:
    assert len(CASES) == 40
    assert {case["programme"] for case in CASES} == PROGRAMMES


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_published_case(case: dict[str, Any]) -> None:
    wanted = case["expect"]
    assert decided(case["programme"], case["inputs"]) == (
        wanted["outcome"],
        wanted["payee"],
        wanted["amount_fen"],
        wanted["failed_clauses"],
    )


@pytest.mark.parametrize("case", BOUNDARIES, ids=[case["id"] for case in BOUNDARIES])
def test_boundary(case: dict[str, Any]) -> None:
    wanted = case["expect"]
    assert decided(case["programme"], case["inputs"]) == (
        wanted["outcome"],
        wanted["payee"],
        wanted["amount_fen"],
        wanted["failed_clauses"],
    )


@pytest.mark.parametrize(
    ("programme", "inputs", "words"),
    [
        ("ENT-ONLINE", {"colour": 1}, "ENT-ONLINE does not know the field 'colour'"),
        ("IND-SKILL", {"cost_yuan": 1}, "IND-SKILL does not know the field 'cost_yuan'"),
        ("SOMETHING", {}, "is not one of"),
        ("ENT-ONLINE", {"cost_yuan": "1e3"}, "cost_yuan must be an amount"),
        ("ENT-ONLINE", {"cost_yuan": 1.005}, "at most two decimals"),
        ("ENT-ONLINE", {"cost_yuan": -1}, "must not be negative"),
        ("ENT-ONLINE", {"video_s": 1.5}, "video_s must be a whole number"),
        ("ENT-ONLINE", {"video_s": True}, "video_s must be a whole number"),
        ("ENT-ONLINE", {"video_s": 10**13}, "video_s must be a whole number"),
        ("ENT-ONLINE", {"filed_on": "2026-02-30"}, "filed_on must be an ISO date"),
        ("ENT-ONLINE", {"filed_on": 20260302}, "filed_on must be an ISO date"),
        ("ENT-ONLINE", {"submitted_at": "2026-03-30T10:00:00"}, "needs its offset"),
        ("ENT-ONLINE", {"submitted_at": "9999-12-31T23:59:59-12:00"}, "submitted_at must"),
        ("ENT-ONLINE", {"employment": "sometimes"}, "employment must be one of"),
        ("ENT-ONLINE", {"prior_uploads": [{"colour": 1}]}, "does not know the line field 'colour'"),
        ("ENT-ONLINE", {"prior_uploads": {}}, "must be a list"),
        ("ENT-ONLINE", {"prior_uploads": [{"status": "eaten"}]}, "status: must be one of"),
        ("ENT-SKILL", {"filed": {"vedio": 1}}, "does not know the mode 'vedio'"),
        ("ENT-SKILL", {"filed": [1]}, "must be an object"),
        ("IND-SKILL", {"groups": ["KING"]}, "does not know the group 'KING'"),
        ("IND-SKILL", {"level": 6}, "level must be a level"),
        ("IND-SKILL", {"other_lines": [{"programme": "X", "year": 99_999}]}, "year: must be a year"),
        ("APPR", {"advance_rate": 1.5}, "must be a share"),
        ("APPR", {"years": 1.01}, "whole months"),
        ("APPR", {"enrolled": 1, "certified": 2}, "certified must not be more"),
        ("APPR-PAIR", {"policy": "REF-SH-1999.1"}, "has no version"),
    ],
)
def test_what_a_case_may_not_say_is_refused_in_words(programme: str, inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(CaseError, match=words):
        decided(programme, inputs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"cases": {}}',
        '{"cases": [1]}',
        '{"cases": [{}]}',
        '{"cases": [{"id": "1"}]}',
        '{"cases": [{"id": true, "programme": "X", "inputs": {}}]}',
        '{"cases": [{"id": "1", "programme": 5, "inputs": {}}]}',
        '{"cases": [{"id": "1", "programme": "ENT-ONLINE", "inputs": []}]}',
        '{"cases": [{"id": "1", "programme": "ENT-ONLINE", "inputs": {"video_s": NaN}}]}',
        '{"cases": [{"id": "1", "programme": "ENT-ONLINE", "inputs": {"video_s": 1, "video_s": 2}}]}',
        "[" * 100_000,
    ],
)
def test_a_malformed_file_is_refused(text: str) -> None:
    with pytest.raises(CaseFileError):
        read_cases(text)


def test_every_field_of_every_programme_takes_unknown_or_says_why_not() -> None:
    for name, field in FIELDS.items():
        for programme in field.programmes:
            outcome = decided(programme, {name: None})[0] if name != "policy" else "approve"
            assert outcome in {"approve", "refuse", "hold", "settle", "clawback"}, name


def test_every_programme_s_baseline_is_a_clean_applicant() -> None:
    for programme in sorted(PROGRAMMES):
        outcome, _payee, _amount, failed = decided(programme, {})
        assert (outcome, failed) == ("settle" if programme == "APPR" else "approve", [])


def test_every_accepted_field_is_documented() -> None:
    text = (ROOT / "docs" / "policy-cases.md").read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"`{name}`" not in text] == []


def test_a_pack_or_a_version_can_be_forced() -> None:
    packs, version = choose_packs(PACKS, "REF-SH-2026.2")
    case = PolicyCase(case_id=1, programme="ENT-ONLINE", inputs={"applicant": "E1", "cost_yuan": 500})
    assert decide_case(packs, case).amount_fen == 47_500
    assert decide_case(packs, case, version=version).amount_fen == 60_000
    national, _none = choose_packs(PACKS, "REF-NAT")
    with pytest.raises(CaseError, match="is not one of UI-SKILL"):
        decide_case(national, case)
    with pytest.raises(CaseFileError, match="no pack 'REF-XX'"):
        choose_packs(PACKS, "REF-XX")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process with no environment at all but the search path."""
    return subprocess.run(
        [sys.executable, "manage.py", "run_policy_cases", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_command_needs_nothing_and_decides_the_published_file() -> None:
    done = run(str(PUBLISHED))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert answers == [{"id": case["id"], **case["expect"]} for case in CASES]


def test_the_command_refuses_a_malformed_file_with_2(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"cases": [', encoding="utf-8")
    done = run(str(broken))
    assert (done.returncode, done.stdout) == (2, "")
    assert "案例文件格式有误" in done.stderr
    assert run(str(tmp_path / "missing.json")).returncode == 2
    assert run(str(PUBLISHED), "--pack", "REF-XX").returncode == 2


def test_the_command_decides_what_it_can_and_names_what_it_cannot(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.json"
    cases = [CASES[0], {"id": "odd", "programme": "ENT-ONLINE", "inputs": {"colour": 1}}]
    mixed.write_text(json.dumps({"cases": cases}), encoding="utf-8")
    done = run(str(mixed))
    assert done.returncode == 2
    assert [json.loads(row)["id"] for row in done.stdout.splitlines()] == ["1"]
    assert "case odd: ENT-ONLINE does not know the field 'colour'" in done.stderr
