"""The verifier that auditors get: it works out what the ledger says, and finds and names every single tampering."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from lms.db.api import sign
from lms.ledger.chain import EntryFacts, entry_hash
from lms.lib.canonical import canonical_bytes, digest, sha256_hex
from tests.factories.archive import LESSON, LIVE, SECOND_LESSON, WORKSHOP
from tests.packages.archive.conftest import Made, Said

Verify = Callable[..., Said]
Lines = list[Any]
LINE = re.compile(r"  (\w+) +(\S+)  worked out (-?\d+) s, ledger (-?\d+) s: equal")
LEARNER = re.compile(r"learner \d+ \(enrolment (\d+)")


def worked_out(said: Said) -> dict[tuple[int, str], int]:
    """Seconds by enrolment and unit as the verifier printed them."""
    found, enrolment = {}, 0
    for line in said.lines:
        if who := LEARNER.match(line):
            enrolment = int(who[1])
        if what := LINE.fullmatch(line):
            found[enrolment, what[2]] = int(what[3])
    return found


def read(archive: bytes, path: str) -> Lines:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return [json.loads(line) for line in opened.read(path).splitlines()]


def tampered(archive: bytes, path: str, edit: Callable[[Lines], object], *, signed: bool = True) -> bytes:
    """The archive with one file edited; `signed`: by somebody who holds our key and makes the manifest fit."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    lines = [json.loads(line) for line in files[path].splitlines()]
    edit(lines)
    files[path] = b"\n".join(canonical_bytes(line) for line in lines)
    if signed:
        manifest = json.loads(files["manifest.json"])
        for one in manifest["files"]:
            one |= {"sha256": sha256_hex(files[one["path"]]), "size": len(files[one["path"]])}
        files["manifest.json"] = canonical_bytes(manifest)
        files["manifest.sig.json"] = canonical_bytes({"key_id": "k", "signature": sign(files["manifest.json"]).value})
    return zipped(files)


def zipped(files: dict[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return kept.getvalue()


def rehash(lines: Lines, start: int = 0, upto: int | None = None) -> None:
    """Hashes and links that fit, from one entry on: what somebody does who can write to the database."""
    for place in range(start, len(lines) if upto is None else upto):
        before = lines[place - 1]["hash"] if place else ""
        line = lines[place]
        if "entry" in line:
            line["entry"]["prev_hash"] = before
            line["hash"] = entry_hash(EntryFacts(**line["entry"]))
        else:
            line["link"]["prev_hash"] = before
            line["hash"] = digest(line["link"])


def test_it_works_out_what_the_ledger_says(made: Made, verify: Verify) -> None:
    said = verify(made.first, made.second, made.third)
    assert (said.code, said.faults) == (0, ())
    found = worked_out(said)
    assert {key: seconds for key, seconds in found.items() if seconds} == {
        key: seconds for key, seconds in made.seconds.items() if seconds
    }
    hall = made.hall
    assert [found[one.enrolment_id, LESSON] for one in (hall.honest, hall.cheat, hall.gone)] == [600, 399, 300]
    assert found[hall.busy.enrolment_id, SECOND_LESSON] == 540
    assert (found[hall.full.enrolment_id, LIVE], found[hall.full.enrolment_id, WORKSHOP]) == (7_200, 19_800)
    assert found[hall.seen.enrolment_id, LESSON] == 600
    assert said.lines[-1] == "OK: every hash, signature, link and second holds"


def test_the_archive_of_one_class_tells_only_intervals_of_another(made: Made) -> None:
    folder = f"learners/{made.hall.busy.enrolment_id}"
    chain = read(made.first, f"{folder}/chain.jsonl")
    foreign = [line for line in chain if "link" in line]
    assert all(set(line) <= {"hash", "link", "time"} for line in foreign)
    assert [sorted(line["time"]) for line in foreign if "time" in line] == [
        ["day", "evidence", "mode", "sign", "walls"]
    ] * sum("time" in line for line in foreign)
    opened, closed = ({line["link"]["seq"] for line in foreign if ("time" in line) is told} for told in (True, False))
    assert opened
    assert closed, "what another class took on days without this class stays closed"
    with zipfile.ZipFile(io.BytesIO(made.first)) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert str(made.hall.other.number) not in text
    for name in ("李秀兰", "王建国", "赵敏", "钱进"):
        assert name not in text


def beats_of(lines: Lines) -> Lines:
    return next(line["beats"] for line in lines if "beats" in line)


def longer_beat(lines: Lines) -> None:
    beats_of(lines)[3][5] += 9_000


def earlier_beat(lines: Lines) -> None:
    beats_of(lines)[3][9] -= 8_000


def lost_beat(lines: Lines) -> None:
    del beats_of(lines)[4]


def lost_segment(lines: Lines) -> None:
    del lines[1]


def more_seconds(lines: Lines) -> None:
    place = next(index for index, line in enumerate(lines) if line["entry"]["kind"] == "credit")
    lines[place]["entry"]["seconds"] += 60
    rehash(lines, place, place + 1)


def more_seconds_throughout(lines: Lines) -> None:
    more_seconds(lines)
    rehash(lines)


def lost_entry(lines: Lines) -> None:
    del lines[1]


def lost_tail(lines: Lines) -> None:
    del lines[-2:]


def moved_time(lines: Lines) -> None:
    line = next(one for one in lines if "link" in one and one.get("time", {}).get("sign"))
    line["time"]["walls"][0][1] -= 60_000


def other_evidence(lines: Lines) -> None:
    lines[0]["content"]["stretches"][0][1] += 1_000


def lost_evidence(lines: Lines) -> None:
    del lines[0]


def longer_tenure(lines: Lines) -> None:
    for line in lines:
        line["to_ms"] = None


def other_signature(lines: Lines) -> None:
    mark = lines[0]["signature"]
    lines[0]["signature"] = ("0" if mark[0] != "0" else "1") + mark[1:]


def other_record(lines: Lines) -> None:
    lines[-1]["content"]["basis"]["units"][LESSON] += 1


def other_root(lines: Lines) -> None:
    lines[0]["proof"]["anchor"]["root"] = "0" * 64


def other_path(lines: Lines) -> None:
    lines[0]["proof"]["path"][0][1] = "0" * 64


def other_mark(lines: Lines) -> None:
    lines[-1]["score"] = 99


def other_sign_out(lines: Lines) -> None:
    lines[0]["out"]["at_ms"] += 60_000


def other_person(lines: Lines) -> None:
    lines[0]["employer"] += 1


def lost_person(lines: Lines) -> None:
    del lines[0]


def other_filing(lines: Lines) -> None:
    lines[0]["content"]["cost_fen"] += 1


def wider_cap(lines: Lines) -> None:
    lines[0]["content"]["values"]["rate_slack_ms"]["value"] += 1


def longer_lesson(lines: Lines) -> None:
    lines[0]["content"]["units"][0]["duration_seconds"] += 60


def other_day(lines: Lines) -> None:
    lines[0]["ends_on"] = "2026-12-31"


TAMPERINGS: dict[str, tuple[str, Callable[[Lines], None], str]] = {
    "a beat made longer": ("learners/{honest}/traces.jsonl", longer_beat, r"traces.jsonl: segment .*: its beats give"),
    "a beat received earlier": ("learners/{honest}/traces.jsonl", earlier_beat, r"segment .*: its beats give"),
    "a beat removed": ("learners/{honest}/traces.jsonl", lost_beat, r"segment .*: its beats give"),
    "a settlement removed": ("learners/{honest}/traces.jsonl", lost_segment, r"traces.jsonl: evidence .* has no beats"),
    "an entry's seconds": ("learners/{honest}/chain.jsonl", more_seconds, r"entry \d+ does not follow"),
    "an entry's seconds, the chain rewritten": (
        "learners/{honest}/chain.jsonl", more_seconds_throughout, r"entry \d+: seconds is \d+, worked out: \d+",
    ),
    "an entry removed": ("learners/{honest}/chain.jsonl", lost_entry, r"chain.jsonl: entry 2 is gone"),
    "the last entries removed": ("learners/{honest}/chain.jsonl", lost_tail, r"is gone: an anchor holds entries up to"),
    "time of another class": ("learners/{busy}/chain.jsonl", moved_time, r"the time it takes is not the time"),
    "evidence altered": ("learners/{honest}/evidence.jsonl", other_evidence, r"evidence .*: its content does not give"),
    "evidence removed": ("learners/{honest}/evidence.jsonl", lost_evidence, r"evidence .* is gone"),
    "a tenure stretched": ("learners/{busy}/tenures.jsonl", longer_tenure, r"tenures.jsonl: session .*: its tenure"),
    "a record's signature": ("learners/{honest}/records.jsonl", other_signature, r"record .*: its signature does not"),
    "a record's seconds": ("learners/{honest}/records.jsonl", other_record, r"record .*: its seconds are not those"),
    "an anchor's root": ("learners/{honest}/proof.json", other_root, r"anchor \d+: the path does not lead to its root"),
    "an anchor's path": ("learners/{honest}/proof.json", other_path, r"anchor \d+: the path does not lead to its root"),
    "a mark": ("learners/{honest}/marks.jsonl", other_mark, r"mark .* is not what was sealed"),
    "a sign-out": ("learners/{honest}/attendance.jsonl", other_sign_out, r"attendance \d+ is not what was sealed"),
    "a roster line": ("roster.jsonl", other_person, r"roster.jsonl: enrolment \d+ is not as it was filed"),
    "a roster line removed": ("roster.jsonl", lost_person, r"roster.jsonl: enrolment \d+ has a folder and no line"),
    "the filing": ("filing.jsonl", other_filing, r"filing.jsonl: version 1: its content does not give its digest"),
    "an hour rule": ("hours.json", wider_cap, r"hours.json: its content does not give its digest"),
    "the length of a lesson": ("plan.json", longer_lesson, r"plan.json: its content does not give its digest"),
    "the days of the class": ("class.json", other_day, r"class.json: its days are not those that were filed"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampering_is_found_even_under_a_fitting_manifest(made: Made, verify: Verify, name: str) -> None:
    pattern, edit, words = TAMPERINGS[name]
    path = pattern.format(honest=made.hall.honest.enrolment_id, busy=made.hall.busy.enrolment_id)
    said = verify(tampered(made.first, path, edit))
    assert said.code == 1
    assert any(re.search(words, fault) for fault in said.faults), said.faults
    assert not any(fault.startswith("manifest.json") for fault in said.faults)


def passed_check(lines: Lines) -> None:
    next(line for line in lines if line["result"] == "failed")["result"] = "passed"


def later_check(lines: Lines) -> None:
    lines[-1]["decided_ms"] -= 60_000


def lost_check(lines: Lines) -> None:
    del lines[-1]


@pytest.mark.parametrize("edit", [passed_check, later_check, lost_check])
def test_a_presence_check_that_was_changed_is_found(made: Made, verify: Verify, edit: Callable[[Lines], None]) -> None:
    said = verify(tampered(made.third, f"learners/{made.hall.seen.enrolment_id}/checks.jsonl", edit))
    assert said.code == 1
    assert any(re.search(r"session .*: its (beats and )?checks", fault) for fault in said.faults), said.faults


def test_without_our_key_the_manifest_names_the_file(made: Made, verify: Verify) -> None:
    said = verify(tampered(made.first, "roster.jsonl", lambda lines: lines[0].update(name="张*"), signed=False))
    assert said.code == 1
    assert said.faults == ("roster.jsonl: is not the file that the manifest names (SHA-256 or size)",)


def test_a_manifest_that_was_made_to_fit_without_our_key_is_refused(made: Made, verify: Verify) -> None:
    said = verify(tampered(made.first, "manifest.json", lambda lines: lines[0].update(number="x"), signed=False))
    assert said.faults == ("manifest.json: its signature does not hold under this key",)


def test_files_that_come_or_go_are_named(made: Made, verify: Verify) -> None:
    with zipfile.ZipFile(io.BytesIO(made.first)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    marks = f"learners/{made.hall.cheat.enrolment_id}/marks.jsonl"
    del files[marks]
    said = verify(zipped({**files, "more.txt": b""}))
    assert f"{marks}: is missing" in said.faults
    assert "more.txt: is not in the manifest" in said.faults


def test_two_archives_must_tell_the_same_of_a_chain(made: Made, verify: Verify) -> None:
    """The other class's chain is rewritten from end to end, and no anchor covers it any more."""
    folder = f"learners/{made.hall.busy_elsewhere.enrolment_id}"

    def rewrite(lines: Lines) -> None:
        for line in lines:
            if "entry" in line:
                line["entry"]["captured_by"] = "somebody"
        rehash(lines)

    forged = tampered(made.second, f"{folder}/chain.jsonl", rewrite)
    forged = tampered(forged, f"{folder}/proof.json", lambda lines: lines[0].update(proof=None))
    said = verify(made.first, forged)
    assert any("another archive shows another one" in fault for fault in said.faults)


def test_what_is_no_archive_is_said_in_one_line(verify: Verify) -> None:
    said = verify(b"PK no")
    assert said.code == 2
    assert len(said.lines) == 1
    assert said.lines[0].startswith("can't verify: ")
