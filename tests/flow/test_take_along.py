"""A person takes along all that the whole house holds about him: each package gives its own section."""

from __future__ import annotations

import json

import pytest

from lms.accounts.api import my_data_for
from lms.ledger.api import statement_for
from tests.factories.classes import make_cast, make_filed_class
from tests.factories.learning import LATER, complete
from tests.factories.subsidy import vouch_for
from tests.factories.way import carry_on

pytestmark = pytest.mark.django_db
SECTIONS = {"enrolments", "learning", "practice", "assessment", "records", "subsidy_decisions", "claims", "questions"}


def test_the_export_holds_the_whole_way_of_one_person_and_nobody_else() -> None:
    cast = make_cast()
    run, (me, other) = make_filed_class(cast, names=["李秀兰", "赵鹏"])
    for one in (me, other):
        vouch_for(one.learner_id)
        complete(one, cast)
    carry_on()

    data = json.loads(json.dumps(my_data_for(person_id=me.learner_id, now=LATER)))

    assert set(data) >= SECTIONS
    assert [(row["enrolment"], row["class"], row["on_roster"]) for row in data["enrolments"]] == [
        (me.enrolment_id, run.title, True)
    ]
    held = statement_for(enrolment_id=me.enrolment_id, now=LATER)
    (statement,) = data["learning"]["statements"]
    assert statement["enrolment"] == me.enrolment_id
    assert statement["credited_seconds"] == {line.mode.value: line.credited_seconds for line in held.modes}
    assert data["learning"]["entries"][-1]["hash"] == held.head_hash
    assert [entry["seq"] for entry in data["learning"]["entries"]] == list(range(1, held.head_seq + 1))
    (record,) = data["records"]
    assert (record["enrolment"], record["standing"]) == (me.enrolment_id, "valid")
    decided = {row["programme"]: row["outcome"] for row in data["subsidy_decisions"]}
    assert decided["SME-GROUP"] == "approve"
    assert all(row["clauses"] for row in data["subsidy_decisions"])
    (line,) = data["claims"]
    assert (line["enrolment"], line["record_no"], line["state"]) == (me.enrolment_id, record["record_no"], "draft")
    assert "赵鹏" not in json.dumps(data, ensure_ascii=False)


def test_somebody_new_takes_along_empty_sections() -> None:
    cast = make_cast()
    data = my_data_for(person_id=cast.stranger_id, now=LATER)
    assert data["learning"] == {"statements": [], "entries": []}
    for section in SECTIONS - {"learning"}:
        assert data[section] == []
