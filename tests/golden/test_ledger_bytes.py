"""The bytes behind the hashes. If one of these tests fails, every chain breaks: a new form is a new version.

The expected values are written out; never paste what the code prints without knowing why it changed.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lms.evidence.data import EvidenceDraft, Stretch
from lms.evidence.rules import evidence_bytes, evidence_digest
from lms.ledger.chain import (
    HASH_VERSION,
    AnchorFacts,
    EntryFacts,
    anchor_bytes,
    entry_bytes,
    entry_hash,
    from_us,
    merkle_root,
    taken_time,
    to_us,
)
from lms.lib.canonical import canonical_bytes

CREDIT = EntryFacts(
    captured_by="player",
    class_run=12,
    day="2026-03-10",
    detail={},
    enrolment=345,
    evidence="018e4567-89ab-7cde-8f01-23456789abcd",
    evidence_digest="ab" * 32,
    hash_version=1,
    hour_pack="REF-HOURS-2026.1",
    kind="credit",
    learner=678,
    milliseconds=90_500,
    mode="video",
    part=0,
    pieces=[[1773115200000, 1773115290500, 0, 90500]],
    prev_hash="cd" * 32,
    reason="watched",
    sealed_at_us=1_773_115_300_123_456,
    seconds=90,
    seq=7,
    source="video",
    source_revision=1,
    unit="a1b2c3d4-0000-4000-8000-000000000001",
)
REVERSAL = EntryFacts(
    captured_by="reader-1",
    class_run=12,
    day="2026-03-10",
    detail={"note": "抽查“代学”\n已核实 \\ \u007f", "kind": "credit", "author": 5, "reverses": 7, "approver": 6},
    enrolment=345,
    evidence="018e4567-89ab-7cde-8f01-23456789abcd",
    evidence_digest="ab" * 32,
    hash_version=1,
    hour_pack="REF-HOURS-2026.1",
    kind="reversal",
    learner=678,
    milliseconds=-90_500,
    mode="practice",
    part=0,
    pieces=[[1773115200000, 1773115290500]],
    prev_hash="",
    reason="void_fraud",
    sealed_at_us=1_773_115_300_000_000,
    seconds=-90,
    seq=8,
    source="practice",
    source_revision=1,
    unit="p",
)
CREDIT_BYTES = (
    b'{"captured_by":"player","class_run":12,"day":"2026-03-10","detail":{},"enrolment":345,'
    b'"evidence":"018e4567-89ab-7cde-8f01-23456789abcd","evidence_digest":"' + b"ab" * 32 + b'",'
    b'"hash_version":1,"hour_pack":"REF-HOURS-2026.1","kind":"credit","learner":678,"milliseconds":90500,'
    b'"mode":"video","part":0,"pieces":[[1773115200000,1773115290500,0,90500]],"prev_hash":"' + b"cd" * 32 + b'",'
    b'"reason":"watched","sealed_at_us":1773115300123456,"seconds":90,"seq":7,"source":"video","source_revision":1,'
    b'"unit":"a1b2c3d4-0000-4000-8000-000000000001"}'
)
EVIDENCE = EvidenceDraft(
    source="practice",
    learner_id=678,
    enrolment_id=345,
    unit_key="p",
    stretches=(Stretch(wall_from_ms=1773115200000, wall_to_ms=1773118800000),),
    payload={"signed_by": 9, "session": "p1", "schedule": [1773115200000, 1773126000000], "confirmed_by": None},
    captured_by="reader-1",
    captured_at=datetime(2026, 3, 10, 8, 0, 0, 250, tzinfo=UTC),
    external_key="reader-1:42",
)
EVIDENCE_BYTES = (
    b'{"captured_at_us":1773129600000250,"captured_by":"reader-1","digest_version":1,"enrolment":345,'
    b'"external_key":"reader-1:42","learner":678,"payload":{"confirmed_by":null,'
    b'"schedule":[1773115200000,1773126000000],"session":"p1","signed_by":9},"source":"practice",'
    b'"stretches":[[1773115200000,1773118800000]],"unit":"p"}'
)


def test_the_bytes_of_an_entry() -> None:
    assert entry_bytes(CREDIT) == CREDIT_BYTES
    assert entry_hash(CREDIT) == hashlib.sha256(CREDIT_BYTES).hexdigest()
    assert entry_hash(CREDIT) == "81a1bb5e9db9f8244fb601bdc745aaf04f135e95c82fdbd3aa7e174107727b97"


def test_the_hash_of_a_version_2_entry_stands_for_a_link_over_two_digests() -> None:
    assert HASH_VERSION == 2
    facts = replace(CREDIT, hash_version=2)
    content = hashlib.sha256(CREDIT_BYTES.replace(b'"hash_version":1', b'"hash_version":2')).hexdigest()
    time = hashlib.sha256(
        b'{"day":"2026-03-10","evidence":"018e4567-89ab-7cde-8f01-23456789abcd","mode":"video","sign":1,'
        b'"walls":[[1773115200000,1773115290500]]}'
    ).hexdigest()
    link = f'{{"content":"{content}","hash_version":2,"learner":678,"prev_hash":"{"cd" * 32}","seq":7,"time":"{time}"}}'
    assert entry_hash(facts) == hashlib.sha256(link.encode()).hexdigest()
    assert entry_hash(facts) == "820b5b2477742c8e6e7b096d1ee727d0a1d9d8c8a45ae77a23eca10d513a0018"


def test_a_reversal_gives_its_time_back_and_a_refusal_takes_none() -> None:
    back = taken_time(replace(REVERSAL, hash_version=2))
    assert (back.sign, back.walls) == (-1, [[1773115200000, 1773115290500]])
    refused = taken_time(replace(CREDIT, kind="refusal", reason="dup_media"))
    assert (refused.sign, refused.walls) == (0, [])
    refusal_back = taken_time(replace(REVERSAL, detail={"kind": "refusal", "reverses": 7}))
    assert (refusal_back.sign, refusal_back.walls) == (0, [])


def test_the_bytes_of_an_entry_with_words_in_it() -> None:
    text = entry_bytes(REVERSAL).decode()
    assert (
        '"detail":{"approver":6,"author":5,"kind":"credit","note":"抽查“代学”\\n已核实 \\\\ \u007f","reverses":7}'
        in text
    )
    assert entry_hash(REVERSAL) == "b5de2cd0a0bbaedfda784802aca3cb4792ec000f05ad62c669999775c68acf8f"


def test_the_bytes_of_evidence() -> None:
    assert evidence_bytes(EVIDENCE) == EVIDENCE_BYTES
    assert evidence_digest(EVIDENCE) == hashlib.sha256(EVIDENCE_BYTES).hexdigest()
    assert evidence_digest(EVIDENCE) == "e09a5f519ac16365de5144be9ce7c22b59bd89e09e996dfc7d4075528ff1aba2"


KEYS = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF))
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(st.characters(codec="utf-8")))


@settings(deadline=None)
@given(detail=st.dictionaries(KEYS, VALUES))
def test_every_entry_has_the_one_canonical_form(detail: dict[str, object]) -> None:
    """What the quick encoder writes is what `lms.lib.canonical` defines."""
    facts = EntryFacts(**{**{name: getattr(CREDIT, name) for name in CREDIT.__struct_fields__}, "detail": detail})
    assert entry_bytes(facts) == canonical_bytes(json.loads(entry_bytes(facts)))


@settings(deadline=None)
@given(microseconds=st.integers(0, 4_000_000_000_000_000))
def test_instants_are_exact(microseconds: int) -> None:
    assert to_us(from_us(microseconds)) == microseconds


def test_the_bytes_of_an_anchor() -> None:
    facts = AnchorFacts(number=2, prev_root="aa" * 32, leaves=3, root="bb" * 32, anchored_at_us=1_773_115_300_000_000)
    assert anchor_bytes(facts) == (
        b'{"anchored_at_us":1773115300000000,"leaves":3,"number":2,"prev_root":"' + b"aa" * 32 + b'",'
        b'"root":"' + b"bb" * 32 + b'"}'
    )


def test_the_root_over_leaves() -> None:
    """Three leaves: the third moves up by itself, as in RFC 6962."""
    leaves = [(1, 5, "aa" * 32), (2, 7, "bb" * 32), (30, 1, "cc" * 32)]
    one, two, three = (
        hashlib.sha256(b"\x00" + f'[{learner},{seq},"{digest}"]'.encode()).digest() for learner, seq, digest in leaves
    )
    pair = hashlib.sha256(b"\x01" + one + two).digest()
    assert merkle_root(leaves) == hashlib.sha256(b"\x01" + pair + three).hexdigest()
    assert merkle_root(leaves[:1]) == one.hex()
    assert len({merkle_root(leaves), merkle_root(leaves[::-1]), merkle_root(leaves[:2])}) == 3
