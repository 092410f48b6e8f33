"""`replay_beats`: the live rules and ledger over recorded beats, nothing stored."""

from __future__ import annotations

import json
import random
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lms.evidence.models import SealedEvidence
from lms.ledger.models import Entry, Head
from lms.player.models import PlaySession, WatchSegment

pytestmark = pytest.mark.django_db
NOON = 1_780_000_000_000


def recorded(
    session: str = "s1",
    *,
    learner: str = "p1",
    unit: str = "u1",
    seconds: int = 600,
    start: int = NOON,
    media: float = 0.0,
    speed: float = 1.0,
    **changes: Any,
) -> list[dict[str, Any]]:
    """Lines of a page that watches at `speed`; its clock starts with the session."""
    lines = []
    for seq in range(seconds // 15):
        line = {
            "session": session,
            "learner": learner,
            "unit": unit,
            "unit_seconds": 2_700,
            "received_ms": start + 15_000 * (seq + 1) + 80,
            "sent_ms": 15_000 * (seq + 1),
            "boot": "b",
            "seq": seq,
            "from_ms": 15_000 * seq,
            "to_ms": 15_000 * (seq + 1),
            "from_s": media + 15.0 * seq * speed,
            "to_s": media + 15.0 * (seq + 1) * speed,
            "rate": speed,
            "why": "tick",
        }
        lines.append({**line, **changes})
    return lines


def run(tmp_path: Path, lines: list[Any]) -> dict[str, dict[str, Any]]:
    file = tmp_path / "beats.jsonl"
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return told(file)[0]


def told(file: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The result of each session, and what was said of lines that can't be read, the summary last."""
    out, faults = StringIO(), StringIO()
    summary: list[str] = []
    try:
        call_command("replay_beats", str(file), stdout=out, stderr=faults)
    except CommandError as error:
        summary = [str(error), f"exit {error.returncode}"]
    results = [json.loads(line) for line in out.getvalue().splitlines()]
    return {result["session"]: result for result in results}, [*faults.getvalue().splitlines(), *summary]


def test_an_honest_session_is_credited_whole_and_nothing_is_stored(tmp_path: Path) -> None:
    result = run(tmp_path, recorded())["s1"]
    assert result == {"session": "s1", "credited_seconds": 600, "reasons": {}, "verdicts": {"COUNTED": 40}}
    for model in (Entry, Head, SealedEvidence, PlaySession, WatchSegment):
        assert not model.objects.exists()


def test_order_and_repetition_change_nothing(tmp_path: Path) -> None:
    lines = [
        *recorded("s1", seconds=900),
        *recorded("s2", learner="p2", seconds=600, speed=1.3),
        *recorded("s3", learner="p2", unit="u2", seconds=300, start=NOON + 700_000),
    ]
    straight = run(tmp_path, lines)
    for seed in range(3):
        chance = random.Random(seed)  # noqa: S311  the same in each run
        mixed = [*lines, *chance.sample(lines, k=40)]
        chance.shuffle(mixed)
        shuffled = run(tmp_path, mixed)
        for session, result in straight.items():
            assert shuffled[session]["credited_seconds"] == result["credited_seconds"]
            assert shuffled[session]["reasons"] == result["reasons"]


@pytest.mark.parametrize("speed", [1.01, 1.5, 2.0, 16.0])
@pytest.mark.parametrize("declared", [True, False])
def test_speed_earns_no_more_than_honest_watching(tmp_path: Path, speed: float, declared: bool) -> None:
    lines = recorded(speed=speed, seconds=150) if declared else recorded(speed=speed, seconds=150, rate=1.0)
    assert run(tmp_path, lines)["s1"]["credited_seconds"] == 150


def test_two_devices_at_once_share_the_wall(tmp_path: Path) -> None:
    results = run(tmp_path, [*recorded("phone"), *recorded("tablet", unit="u2", start=NOON + 300_000, seconds=300)])
    assert results["phone"]["credited_seconds"] == 300
    assert results["phone"]["reasons"] == {"superseded": 300}
    assert results["tablet"]["credited_seconds"] == 300


def test_an_assumed_start_takes_nothing_from_the_session_before(tmp_path: Path) -> None:
    after = recorded("s2", unit="u2", seconds=300, start=NOON + 301_000)
    after[0].update(to_ms=5_000, to_s=5.0, sent_ms=5_000, received_ms=NOON + 306_080)
    results = run(tmp_path, [*recorded("s1", seconds=300), *after])
    assert results["s1"]["credited_seconds"] == 300
    assert results["s2"]["credited_seconds"] == 290


def test_a_second_viewing_earns_nothing(tmp_path: Path) -> None:
    results = run(tmp_path, [*recorded("s1"), *recorded("s2", start=NOON + 1_000_000)])
    assert results["s2"]["credited_seconds"] == 0
    assert results["s2"]["reasons"] == {"dup_media": 600}


def test_the_daily_cap_holds(tmp_path: Path) -> None:
    lines = [
        line
        for lesson in range(9)
        for line in recorded(f"s{lesson}", unit=f"u{lesson}", seconds=2_700, start=NOON + 2_800_000 * lesson)
    ]
    results = run(tmp_path, lines)
    by_day = sum(result["credited_seconds"] for result in results.values())
    assert by_day <= 2 * 21_600
    assert any(result["reasons"].get("daily_cap") for result in results.values()) or by_day == 9 * 2_700


def test_the_start_may_be_told(tmp_path: Path) -> None:
    queue = recorded(seconds=300, received_ms=NOON + 300_100, sent_ms=300_000)
    assert run(tmp_path, queue)["s1"]["credited_seconds"] == 15
    told = recorded(seconds=300, received_ms=NOON + 300_100, sent_ms=300_000, started_ms=NOON)
    assert run(tmp_path, told)["s1"]["credited_seconds"] == 300


def test_a_clock_that_starts_at_zero_is_as_good(tmp_path: Path) -> None:
    assert run(tmp_path, recorded(start=0))["s1"]["credited_seconds"] == 600


def test_broken_lines_are_left_out_and_senseless_figures_earn_nothing(tmp_path: Path) -> None:
    lines: list[Any] = [
        *recorded(seconds=60),
        "",
        "no json",
        "[1]",
        '{"session": "s1"}',
        {**recorded()[10], "to_s": float("nan")},
        {**recorded()[11], "from_ms": -5},
        {**recorded()[12], "to_ms": 1e300},
        {**recorded()[13], "seq": "x"},
        {**recorded()[14], "received_ms": None},
        {**recorded("s9", learner="p9")[0], "rate": 0},
    ]
    file = tmp_path / "broken.jsonl"
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    file.write_bytes(text.encode() + b'{"session": "\xff"}\n')
    results, faults = told(file)
    assert results["s1"]["credited_seconds"] == 60
    assert results["s1"]["verdicts"] == {"COUNTED": 4, "MALFORMED": 5}
    assert faults == [
        "line 6 is left out: Expecting value: line 1 column 1 (char 0)",
        "line 7 is left out: a line is one JSON object",
        "line 8 is left out: session, learner and unit must be text",
        "line 15 is left out: it is not UTF-8",
        "4 of 15 lines can't be read and are left out; all others are judged.",
        "exit 2",
    ]
    assert results["s9"] == {"session": "s9", "credited_seconds": 0, "reasons": {}, "verdicts": {"MALFORMED": 1}}


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("replay_beats", str(tmp_path / "missing.jsonl"))
