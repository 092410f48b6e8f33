"""An edit made behind the application's back is found and named (domain 7.4, property 9)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import assess_many
from lms.ledger.api import anchor_heads, post_credits, reverse_entry, verify_chains
from lms.ledger.data import ReasonCode, VerifyFinding
from lms.ledger.models import Anchor, AnchorLeaf
from tests.factories.ledger import HOUR, MINUTE, NOON, NOW, attend, enrol_learners, practise, sit_exam

pytestmark = pytest.mark.django_db(transaction=True)
APPEND_ONLY = ("evidence_sealedevidence", "ledger_entry", "ledger_entrykey", "ledger_anchor", "ledger_anchorleaf")
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
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
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


def change(table: str, assignment: str, where: str) -> str:
    """An update of one learner's rows; `{a}` stands for the learner."""
    return f"UPDATE {table} SET {assignment} WHERE learner_id = {{a}} AND {where}"


def remove(table: str, where: str = "true") -> str:
    return f"DELETE FROM {table} WHERE learner_id = {{a}} AND {where}"


ENTRY, EVIDENCE = "ledger_entry", "evidence_sealedevidence"
PUT_HEAD_BACK = (
    "UPDATE ledger_head head SET seq = 4, entry_hash = entry.entry_hash FROM ledger_entry entry "
    "WHERE entry.learner_id = {a} AND entry.seq = 4 AND head.learner_id = {a}"
)
# name: (the entry that must be named, what is wrong, what was done)
CASES: dict[str, tuple[int, str, list[str]]] = {
    "a credit raised": (
        3,
        "entry_altered",
        [change(ENTRY, "seconds = seconds + 60, milliseconds = milliseconds + 60000", "seq = 3")],
    ),
    "a reason softened": (2, "entry_altered", [change(ENTRY, "reason = 'speed_clip'", "kind = 'refusal'")]),
    "a mark raised": (
        4,
        "entry_altered",
        [change(ENTRY, "detail = jsonb_set(detail, '{{score}}', '100')", "kind = 'result'")],
    ),
    "a sealing instant moved by a microsecond": (
        1,
        "entry_altered",
        [change(ENTRY, "sealed_at = sealed_at + interval '1 microsecond'", "seq = 1")],
    ),
    "pieces moved": (3, "entry_altered", [change(ENTRY, "pieces = '[[1, 2]]'", "seq = 3")]),
    "an entry removed": (2, "entry_missing", [remove(ENTRY, "seq = 2")]),
    "the last entry removed": (5, "entry_missing", [remove(ENTRY, "seq = 5")]),
    "all entries removed": (1, "entry_missing", [remove(ENTRY)]),
    "the tail removed and the head put back": (5, "entry_missing", [remove(ENTRY, "seq = 5"), PUT_HEAD_BACK]),
    "two entries swapped": (
        3,
        "entry_altered",
        [
            change(ENTRY, "seq = 99", "seq = 3"),
            change(ENTRY, "seq = 3", "seq = 4"),
            change(ENTRY, "seq = 4", "seq = 99"),
        ],
    ),
    "a link rewritten": (2, "entry_altered", [change(ENTRY, "prev_hash = '{hash}'", "seq = 2")]),
    "the head's hash changed": (5, "head_altered", [change("ledger_head", "entry_hash = '{hash}'", "true")]),
    "the head set back": (4, "head_behind", [change("ledger_head", "seq = 3", "true")]),
    "the head removed": (5, "head_missing", [remove("ledger_head")]),
    "evidence stretched": (
        3,
        "evidence_altered",
        [change(EVIDENCE, "stretches = '[[1773115200000, 1773129600000]]'", "source = 'live'")],
    ),
    "evidence payload changed": (
        4,
        "evidence_altered",
        [change(EVIDENCE, "payload = jsonb_set(payload, '{{score}}', '99')", "source = 'assessment'")],
    ),
    "evidence removed": (3, "evidence_missing", [remove(EVIDENCE, "source = 'live'")]),
    "coverage widened": (
        3,
        "coverage_altered",
        [change("ledger_coverage", "covered = '{{[0,9000000)}}', covered_ms = 9000000", "mode = 'live'")],
    ),
    "coverage invented": (
        5,
        "coverage_altered",
        [change("ledger_coverage", "covered_ms = 3600000", "mode = 'practice'")],
    ),
    "coverage removed": (3, "coverage_altered", [remove("ledger_coverage", "mode = 'live'")]),
    "the day's total lowered": (5, "day_altered", [change("ledger_dayhead", "online_ms = 0", "true")]),
    "taken time freed": (3, "occupied_altered", [remove("ledger_occupied")]),
    "a key removed": (5, "key_missing", [remove("ledger_entrykey", "seq = 5")]),
}


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
    for name, (_, _, statements) in CASES.items():
        assert verify_chains().intact, f"before {name}"
        tamper(owner_connection, *(text.format(a=one.learner_id, hash=OTHER_HASH) for text in statements))
        found[name] = [(item.learner_id, item.seq, item.what) for item in verify_chains().findings]
        put_back(owner_connection)
    assert found == {name: [(one.learner_id, seq, what)] for name, (seq, what, _) in CASES.items()}


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
    fitting = change(ENTRY, f"entry_hash = '{entry_hash(facts_of(row))}'", f"seq = {seq}")
    tamper(owner, fitting.format(a=learner_id))


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
    query = verifying._query
    posted: list[Any] = []

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


# --- anchors ------------------------------------------------------------------------


def rewrite_chain(owner: psycopg.Connection, learner_id: int) -> None:
    """The cleverest attacker: one entry changed, every hash after it and the head made to fit."""
    from lms.ledger.chain import entry_hash
    from lms.ledger.reading import COLUMNS, facts_of

    columns = COLUMNS.replace("entry.pieces", "entry.pieces::text").replace("entry.detail", "entry.detail::text")
    rows = owner.execute(
        f"SELECT {columns} FROM ledger_entry entry WHERE learner_id = {learner_id} ORDER BY seq"
    ).fetchall()
    before, statements = "", []
    for row in rows:
        facts = facts_of(row)
        facts.captured_by, facts.prev_hash = "somebody", before
        before = entry_hash(facts)
        statements.append(
            f"UPDATE ledger_entry SET captured_by = 'somebody', prev_hash = '{facts.prev_hash}', "
            f"entry_hash = '{before}' WHERE learner_id = {learner_id} AND seq = {facts.seq}"
        )
    statements.append(f"UPDATE ledger_head SET entry_hash = '{before}' WHERE learner_id = {learner_id}")
    tamper(owner, *statements)


def test_a_chain_rewritten_from_end_to_end_no_longer_fits_its_anchor(owner_connection: psycopg.Connection) -> None:
    one, other = enrol_learners("李秀兰", "王建国")
    learn(one)
    learn(other)
    assert anchor_heads(now=NOW) == 2
    assert verify_chains().intact

    rewrite_chain(owner_connection, one.learner_id)

    (finding,) = verify_chains().findings
    assert (finding.learner_id, finding.seq, finding.what) == (one.learner_id, 5, "anchor_differs")


def test_an_anchored_learner_cannot_vanish(owner_connection: psycopg.Connection) -> None:
    (learner,) = enrol_learners()
    learn(learner)
    anchor_heads(now=NOW)
    tables = ("ledger_entry", "ledger_entrykey", "ledger_head", "ledger_coverage", "ledger_dayhead", "ledger_occupied")
    tamper(owner_connection, *(remove(table).format(a=learner.learner_id) for table in tables))
    (finding,) = verify_chains().findings
    assert (finding.learner_id, finding.seq, finding.what) == (learner.learner_id, 1, "entry_missing")


def test_anchors_take_what_moved_and_nothing_twice() -> None:
    one, other = enrol_learners("李秀兰", "王建国")
    assert anchor_heads(now=NOW) == 0
    learn(one)
    assert anchor_heads(now=NOW) == 1
    assert anchor_heads(now=NOW) == 0
    learn(other)
    post_credits(proposals=assess_many(evidence_ids=[practise(one, start=NOON + 5 * HOUR)]), now=NOW)
    assert anchor_heads(now=NOW) == 2
    first, second = Anchor.objects.order_by("number")
    assert (first.number, first.prev_root, first.leaves) == (1, "", 1)
    assert (second.number, second.prev_root, second.leaves) == (2, first.root, 2)
    assert AnchorLeaf.objects.count() == 3
    assert verify_chains().intact


ANCHOR_CASES = {
    "a root exchanged": (["UPDATE ledger_anchor SET root = '{hash}' WHERE number = 1"], "do not give its root"),
    "a signature exchanged": (
        ["UPDATE ledger_anchor SET signature = repeat('0', 128) WHERE number = 2"],
        "signature does not hold",
    ),
    "an instant moved": (
        ["UPDATE ledger_anchor SET anchored_at = anchored_at - interval '1 day' WHERE number = 2"],
        "signature does not hold",
    ),
    "a leaf removed": (["DELETE FROM ledger_anchorleaf WHERE seq = 5"], "do not give its root"),
    "the first anchor removed": (
        [
            "DELETE FROM ledger_anchorleaf WHERE anchor_id = (SELECT id FROM ledger_anchor WHERE number = 1)",
            "DELETE FROM ledger_anchor WHERE number = 1",
        ],
        "anchor 1 is gone",
    ),
}


@pytest.mark.parametrize("name", ANCHOR_CASES)
def test_an_altered_anchor_is_named(name: str, owner_connection: psycopg.Connection) -> None:
    (learner,) = enrol_learners()
    learn(learner)
    anchor_heads(now=NOW)
    post_credits(proposals=assess_many(evidence_ids=[practise(learner, start=NOON + 5 * HOUR)]), now=NOW)
    anchor_heads(now=NOW)
    statements, words = ANCHOR_CASES[name]
    tamper(owner_connection, *(statement.replace("{hash}", OTHER_HASH) for statement in statements))
    found = [finding for finding in verify_chains().findings if finding.what == "anchor_bad"]
    assert words in found[0].detail
