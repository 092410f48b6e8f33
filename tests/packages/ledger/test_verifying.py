"""An edit made behind the application's back is found and named (domain 7.4, property 9)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import assess_many
from lms.ledger.api import post_credits, reverse_entry, verify_chains
from lms.ledger.data import ReasonCode, VerifyFinding
from tests.factories.ledger import HOUR, MINUTE, NOON, NOW, attend, enrol_learners, practise, sit_exam

pytestmark = pytest.mark.django_db(transaction=True)
APPEND_ONLY = ("evidence_sealedevidence", "ledger_entry", "ledger_entrykey")
OTHER_HASH = "f" * 64


def learn(learner: EnrolmentFacts) -> None:
    """Five entries: practice with a break refused (two), a live class, a mark, and the practice taken back."""
    evidence = (
        practise(learner, start=NOON, length=HOUR, breaks=[[NOON, NOON + 10 * MINUTE]]),
        attend(learner, start=NOON + 2 * HOUR, length=HOUR),
        sit_exam(learner),
    )
    post_credits(proposals=assess_many(evidence_ids=evidence), now=NOW)
    reverse_entry(
        learner_id=learner.learner_id,
        seq=next_credit(learner),
        reason=ReasonCode.CORRECTION,
        note="误记",
        author_id=1_000_001,
        approver_id=1_000_002,
        now=NOW,
    )


def next_credit(learner: EnrolmentFacts) -> int:
    from lms.ledger.api import entries_for

    return next(
        entry.seq for entry in entries_for(learner_id=learner.learner_id) if entry.reason is ReasonCode.PRACTISED
    )


def tamper(owner: psycopg.Connection, *statements: str) -> None:
    """As somebody with the owner's password would: triggers off, change, triggers on."""
    with owner.transaction():
        for table in APPEND_ONLY:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            assert owner.execute(statement).rowcount > 0, statement
        for table in APPEND_ONLY:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_sound_chains_have_no_finding() -> None:
    one, other = enrol_learners("李秀兰", "王建国")
    learn(one)
    learn(other)
    report = verify_chains()
    assert (report.learners, report.entries, report.findings, report.intact) == (2, 10, (), True)
    assert verify_chains(class_run_id=one.class_run_id) == report
    assert verify_chains(class_run_id=one.class_run_id + 1).learners == 0


CASES: list[tuple[str, list[str], int, str]] = [
    ("a credit raised", ["UPDATE ledger_entry SET seconds = seconds + 60, milliseconds = milliseconds + 60000 WHERE learner_id = {a} AND seq = 3"], 3, "entry_altered"),
    ("a reason softened", ["UPDATE ledger_entry SET reason = 'speed_clip' WHERE learner_id = {a} AND kind = 'refusal'"], 2, "entry_altered"),
    ("a mark raised", ["UPDATE ledger_entry SET detail = jsonb_set(detail, '{{score}}', '100') WHERE learner_id = {a} AND kind = 'result'"], 4, "entry_altered"),
    ("a sealing instant moved by a microsecond", ["UPDATE ledger_entry SET sealed_at = sealed_at + interval '1 microsecond' WHERE learner_id = {a} AND seq = 1"], 1, "entry_altered"),
    ("pieces moved", ["UPDATE ledger_entry SET pieces = '[[1, 2]]' WHERE learner_id = {a} AND seq = 3"], 3, "entry_altered"),
    ("an entry removed", ["DELETE FROM ledger_entry WHERE learner_id = {a} AND seq = 2"], 2, "entry_missing"),
    ("the last entry removed", ["DELETE FROM ledger_entry WHERE learner_id = {a} AND seq = 5"], 5, "entry_missing"),
    ("all entries removed", ["DELETE FROM ledger_entry WHERE learner_id = {a}"], 1, "entry_missing"),
    (
        "the tail removed and the head put back",
        [
            "DELETE FROM ledger_entry WHERE learner_id = {a} AND seq = 5",
            "UPDATE ledger_head h SET seq = 4, entry_hash = e.entry_hash FROM ledger_entry e WHERE e.learner_id = {a} AND e.seq = 4 AND h.learner_id = {a}",
        ],
        5,
        "entry_missing",
    ),
    (
        "two entries swapped",
        [
            "UPDATE ledger_entry SET seq = 99 WHERE learner_id = {a} AND seq = 3",
            "UPDATE ledger_entry SET seq = 3 WHERE learner_id = {a} AND seq = 4",
            "UPDATE ledger_entry SET seq = 4 WHERE learner_id = {a} AND seq = 99",
        ],
        3,
        "entry_altered",
    ),
    ("a link rewritten", ["UPDATE ledger_entry SET prev_hash = '{hash}' WHERE learner_id = {a} AND seq = 2"], 2, "entry_altered"),
    ("the head's hash changed", ["UPDATE ledger_head SET entry_hash = '{hash}' WHERE learner_id = {a}"], 5, "head_altered"),
    ("the head set back", ["UPDATE ledger_head SET seq = 3 WHERE learner_id = {a}"], 4, "head_behind"),
    ("the head removed", ["DELETE FROM ledger_head WHERE learner_id = {a}"], 5, "head_missing"),
    ("evidence stretched", ["UPDATE evidence_sealedevidence SET stretches = '[[1773115200000, 1773129600000]]' WHERE learner_id = {a} AND source = 'live'"], 3, "evidence_altered"),
    ("evidence payload changed", ["UPDATE evidence_sealedevidence SET payload = jsonb_set(payload, '{{score}}', '99') WHERE learner_id = {a} AND source = 'assessment'"], 4, "evidence_altered"),
    ("evidence removed", ["DELETE FROM evidence_sealedevidence WHERE learner_id = {a} AND source = 'live'"], 3, "evidence_missing"),
    ("coverage widened", ["UPDATE ledger_coverage SET covered = '{{[0,9000000)}}', covered_ms = 9000000 WHERE learner_id = {a} AND mode = 'live'"], 3, "coverage_altered"),
    ("coverage invented", ["UPDATE ledger_coverage SET covered_ms = 3600000 WHERE learner_id = {a} AND mode = 'practice'"], 5, "coverage_altered"),
    ("coverage removed", ["DELETE FROM ledger_coverage WHERE learner_id = {a} AND mode = 'live'"], 3, "coverage_altered"),
    ("the day's total lowered", ["UPDATE ledger_dayhead SET online_ms = 0 WHERE learner_id = {a}"], 5, "day_altered"),
    ("taken time freed", ["DELETE FROM ledger_occupied WHERE learner_id = {a}"], 3, "occupied_altered"),
    ("a key removed", ["DELETE FROM ledger_entrykey WHERE learner_id = {a} AND seq = 5"], 5, "key_missing"),
]  # fmt: skip


PROJECTIONS = ("ledger_head", "ledger_coverage", "ledger_dayhead", "ledger_occupied")


def keep(owner: psycopg.Connection) -> None:
    """A copy of everything that a case may touch."""
    for table in (*APPEND_ONLY, *PROJECTIONS):
        owner.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")


def put_back(owner: psycopg.Connection) -> None:
    """As it was before the last case."""
    with owner.transaction():
        for table in APPEND_ONLY:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table in (*APPEND_ONLY, *PROJECTIONS):
            always = "OVERRIDING SYSTEM VALUE" if table in ("ledger_entry", "ledger_entrykey") else ""
            owner.execute(f"DELETE FROM {table}")
            owner.execute(f"INSERT INTO {table} {always} SELECT * FROM kept_{table}")
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in APPEND_ONLY:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_tampering_is_named(owner_connection: psycopg.Connection) -> None:
    one, other = enrol_learners("李秀兰", "王建国")
    learn(one)
    learn(other)
    keep(owner_connection)
    found = {}
    for name, statements, _, _ in CASES:
        assert verify_chains().intact, f"before {name}"
        tamper(owner_connection, *(text.format(a=one.learner_id, hash=OTHER_HASH) for text in statements))
        found[name] = [(item.learner_id, item.seq, item.what) for item in verify_chains().findings]
        put_back(owner_connection)
    assert found == {name: [(one.learner_id, seq, what)] for name, _, seq, what in CASES}


def test_a_class_is_verified_by_its_own_learners(owner_connection: psycopg.Connection) -> None:
    (learner,) = enrol_learners()
    learn(learner)
    tamper(owner_connection, f"DELETE FROM ledger_entry WHERE learner_id = {learner.learner_id} AND seq = 2")
    assert verify_chains(class_run_id=learner.class_run_id).findings == verify_chains().findings != ()
    assert verify_chains(class_run_id=learner.class_run_id + 1).intact


def rehash(owner: psycopg.Connection, learner_id: int, seq: int) -> None:
    """The cleverer attacker: the altered entry gets a hash that fits its content."""
    from lms.ledger.chain import entry_hash
    from lms.ledger.reading import COLUMNS, facts_of

    row = owner.execute(
        f"SELECT {COLUMNS.replace('entry.pieces', 'entry.pieces::text').replace('entry.detail', 'entry.detail::text')} "
        "FROM ledger_entry entry WHERE learner_id = %s AND seq = %s",
        [learner_id, seq],
    ).fetchone()
    assert row is not None
    tamper(
        owner,
        f"UPDATE ledger_entry SET entry_hash = '{entry_hash(facts_of(row))}' WHERE learner_id = {learner_id} AND seq = {seq}",
    )


def test_an_entry_with_a_fitting_hash_breaks_the_link_of_the_next(owner_connection: psycopg.Connection) -> None:
    (learner,) = enrol_learners()
    learn(learner)
    tamper(
        owner_connection,
        f"UPDATE ledger_entry SET seconds = seconds + 60, milliseconds = milliseconds + 60000 "
        f"WHERE learner_id = {learner.learner_id} AND seq = 3",
    )
    rehash(owner_connection, learner.learner_id, 3)
    (finding,) = verify_chains().findings
    assert (finding.seq, finding.what) == (4, "chain_broken")


def test_a_chain_that_changes_while_it_is_read_is_not_called_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody posts between the reading of the entries and the reading of the head."""
    from lms.ledger import verifying

    (learner,) = enrol_learners()
    learn(learner)
    late = assess_many(evidence_ids=[practise(learner, start=NOON + 5 * HOUR)])
    query, posted = verifying._query, []

    def post_in_between(statement: str, *values: Any) -> Any:
        found = query(statement, *values)
        if "FROM ledger_entry entry" in statement and not posted:
            posted.append(post_credits(proposals=late, now=NOW))
        return found

    monkeypatch.setattr(verifying, "_query", post_in_between)
    assert verify_chains().intact
    assert posted


def test_findings_are_one_per_learner_in_order(owner_connection: psycopg.Connection) -> None:
    learners = enrol_learners("李秀兰", "王建国", "赵敏")
    for learner in learners:
        learn(learner)
    first, _, third = sorted(learner.learner_id for learner in learners)
    tamper(owner_connection, f"UPDATE ledger_entry SET day = '2026-01-01' WHERE learner_id IN ({first}, {third})")
    report = verify_chains()
    assert [(finding.learner_id, finding.seq, finding.what) for finding in report.findings] == [
        (first, 1, "entry_altered"),
        (third, 1, "entry_altered"),
    ]
    assert (report.learners, report.entries) == (3, 15)


def test_small_groups_find_the_same(monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection) -> None:
    from lms.ledger import verifying

    learners = enrol_learners("李秀兰", "王建国", "赵敏")
    for learner in learners:
        learn(learner)
    tamper(owner_connection, f"DELETE FROM ledger_entry WHERE learner_id = {learners[1].learner_id} AND seq = 1")
    whole = verify_chains()
    monkeypatch.setattr(verifying, "ENTRIES_AT_ONCE", 1)
    assert verify_chains() == whole
    assert whole.findings == (
        VerifyFinding(
            learner_id=learners[1].learner_id, seq=1, what="entry_missing", detail="entry 1 is gone, 2 follows"
        ),
    )
