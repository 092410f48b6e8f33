"""Daily anchors: one a Shanghai day, public, and checked as a stranger would, with nothing of ours but the files."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import close_old_connections
from django.test import Client

from lms.ledger.api import anchor_daily, anchor_heads, entries_for, post_credit, verify_chains
from lms.ledger.models import Anchor, AnchorLeaf
from tests.factories.classes import at, make_cast, make_filed_class
from tests.factories.ledger import DAY, HOUR, NOON, NOW, SECOND, enrol_learners, proposal_of, video
from tests.packages.ledger.test_statement_door import client_of

pytestmark = pytest.mark.django_db
MIDNIGHT = at(DAY + timedelta(days=3), 0)


def learn(learner: object, turn: int = 0) -> None:
    asked = proposal_of(learner, video(NOON + turn * HOUR, 10 * SECOND, turn * HOUR))  # type: ignore[arg-type]
    post_credit(proposal=asked, now=NOW)


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves: list[bytes]) -> str:
    while len(leaves) > 1:
        paired = [node(leaves[i], leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)]
        leaves = paired + leaves[len(paired) * 2 :]
    return leaves[0].hex()


def keys(client: Client) -> dict[str, Ed25519PublicKey]:
    lines = client.get("/anchors/keys.txt").content.decode().splitlines()
    return {
        key_id: Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for key_id, key in (x.split() for x in lines)
    }


def test_each_shanghai_day_has_one_anchor() -> None:
    one, other = enrol_learners("李秀兰", "王建国")
    learn(one)
    assert anchor_daily(now=MIDNIGHT - timedelta(seconds=1)) == 1
    learn(other)
    assert anchor_daily(now=MIDNIGHT - timedelta(microseconds=1)) == 0
    assert anchor_daily(now=MIDNIGHT) == 1
    learn(one, 1)
    assert anchor_daily(now=MIDNIGHT + timedelta(hours=23)) == 0
    assert anchor_daily(now=MIDNIGHT + timedelta(hours=24)) == 1
    assert anchor_daily(now=MIDNIGHT + timedelta(days=9)) == 0  # nothing moved
    assert list(Anchor.objects.order_by("number").values_list("number", "leaves")) == [(1, 1), (2, 1), (3, 1)]


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_midnight_make_one_anchor() -> None:
    learners = enrol_learners("李秀兰", "王建国")
    for learner in learners:
        learn(learner)
    start, made = threading.Barrier(8), []

    def work() -> None:
        start.wait()
        made.append(anchor_daily(now=MIDNIGHT))
        close_old_connections()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0] * 7 + [2]
    assert (Anchor.objects.count(), AnchorLeaf.objects.count()) == (1, 2)


def test_a_stranger_checks_every_anchor_with_the_files_alone(client: Client) -> None:
    learners = enrol_learners("李秀兰", "王建国", "赵敏")
    for turn in range(2):
        for learner in learners:
            learn(learner, turn)
        anchor_heads(now=NOW + timedelta(days=turn))
    before = ""
    for number in (1, 2):
        answer = client.get(f"/api/v1/anchors/{number}/")
        assert answer["Content-Disposition"] == f'attachment; filename="anchor-{number}.json"'
        found = json.loads(answer.content)
        assert answer.content == canonical(found)
        keys(client)[found["key_id"]].verify(bytes.fromhex(found["signature"]), canonical(found["anchor"]))
        leaves = client.get(f"/api/v1/anchors/{number}/leaves/").content.decode().split()
        assert (len(leaves), tree_root([bytes.fromhex(leaf) for leaf in leaves])) == (3, found["anchor"]["root"])
        assert (found["anchor"]["prev_root"], found["anchor"]["number"]) == (before, number)
        before = found["anchor"]["root"]
    listed = client.get("/api/v1/anchors/").json()
    assert [(one["number"], one["heads"], one["prev_root"]) for one in listed["anchors"]][1] == (1, 3, "")
    assert (listed["total"], listed["pages"], listed["anchors"][0]["root"]) == (2, 1, before)


def test_the_keys_are_files_that_every_tool_reads(client: Client) -> None:
    pem = client.get("/anchors/keys.pem").content
    loaded = load_pem_public_key(pem[pem.index(b"-----BEGIN") :])
    assert isinstance(loaded, Ed25519PublicKey)
    assert loaded.public_bytes_raw() == next(iter(keys(client).values())).public_bytes_raw()


def test_a_learner_takes_the_proof_of_the_own_head_along(client: Client) -> None:
    cast = make_cast()
    _, learners = make_filed_class(cast, names=("李秀兰", "王建国", "赵敏"))
    mine = learners[2]
    place = f"/api/v1/enrolments/{mine.enrolment_id}/anchor-proof/"
    own = client_of(mine.learner_id)
    early = own.get(place)
    assert (early.status_code, early.json()["code"]) == (404, "not_anchored_yet")
    for learner in learners:
        learn(learner)
    anchor_heads(now=NOW)
    learn(learners[0], 1)  # others move on: this head stays under its latest anchor
    anchor_heads(now=NOW + timedelta(days=1))

    found = own.get(place).json()
    last = entries_for(learner_id=mine.learner_id)[-1]
    assert found["leaf"] == [mine.learner_id, last.seq, last.entry_hash]
    assert found["anchor"]["number"] == 1
    at_hand = hashlib.sha256(b"\x00" + canonical(found["leaf"])).digest()
    for side, other in found["path"]:
        at_hand = node(bytes.fromhex(other), at_hand) if side == "left" else node(at_hand, bytes.fromhex(other))
    assert at_hand.hex() == found["anchor"]["root"]
    keys(client)[found["key_id"]].verify(bytes.fromhex(found["signature"]), canonical(found["anchor"]))

    assert [client_of(person).get(place).status_code for person in (cast.officer_id, cast.trainer_id)] == [200, 200]
    outside = (learners[0].learner_id, cast.other_hr_id, cast.stranger_id)
    assert [client_of(person).get(place).status_code for person in outside] == [404, 404, 404]
    assert client.get(place).status_code == 401
    assert own.get("/api/v1/enrolments/999999/anchor-proof/").status_code == 404


def test_the_page_finds_the_anchor_of_a_head_and_never_falls(client: Client) -> None:
    assert "还没有锚点" in client.get("/anchors/").content.decode()
    (learner,) = enrol_learners()
    learn(learner)
    learn(learner, 1)
    anchor_heads(now=NOW)
    first, last = entries_for(learner_id=learner.learner_id)
    text = client.get("/anchors/", {"head": last.entry_hash.upper()}).content.decode()
    assert "2026-03-12 的第 1 号锚点里" in text
    assert "没有锚点以这条记录为链尾" in client.get("/anchors/", {"head": first.entry_hash}).content.decode()
    for bad in ("x", "'; DROP TABLE ledger_anchor;--", "<script>alert(1)</script>", "é" * 64):
        answer = client.get("/anchors/", {"head": bad})
        assert (answer.status_code, "这不是链尾" in answer.content.decode()) == (200, True)
        assert "<script>alert" not in answer.content.decode()
    for number in (0, 2, 10**30):
        assert client.get(f"/api/v1/anchors/{number}/").status_code == 404
        assert client.get(f"/api/v1/anchors/{number}/leaves/").status_code == 404
    assert client.post("/anchors/").status_code == 405
    assert client.get("/anchors/", {"page": "99999999999999999999"}).status_code == 200


def test_the_schema_describes_the_anchors(client: Client) -> None:
    paths = json.loads(client.get("/api/v1/schema/?format=json").content)["paths"]
    assert {"/api/v1/anchors/", "/api/v1/anchors/{number}/", "/api/v1/enrolments/{id}/anchor-proof/"} <= set(paths)


def test_anchors_out_of_their_order_in_time_are_found() -> None:
    (learner,) = enrol_learners()
    learn(learner)
    anchor_heads(now=NOW)
    learn(learner, 1)
    anchor_heads(now=NOW - timedelta(hours=1))
    found = [finding.detail for finding in verify_chains().findings if finding.what == "anchor_bad"]
    assert found == ["anchor 2 is older than the one before"]
