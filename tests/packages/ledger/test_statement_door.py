from __future__ import annotations

import json

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from courses.data import ExamKind, UnitMode
from lms.evidence.data import ResultProposal
from lms.ledger.api import entries_for, post_credits
from lms.lib.localday import from_ms
from tests.factories.classes import make_account, make_cast, make_filed_class
from tests.factories.ledger import HOUR, MINUTE, NOON, NOW, present, proposal_of, video

pytestmark = pytest.mark.django_db


def client_of(person_id: int) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=person_id))
    return client


def path(enrolment_id: int) -> str:
    return f"/api/v1/enrolments/{enrolment_id}/statement/"


def test_the_statement_says_what_counts_what_does_not_and_where_the_chain_stands() -> None:
    cast = make_cast()
    _, (learner,) = make_filed_class(cast)
    mark = ResultProposal(exam_kind=ExamKind.THEORY, score=88, pass_mark=60, passed=True, assessor_id=9)
    post_credits(
        proposals=[
            proposal_of(learner, video(NOON, 90 * 1000, 0), video(NOON + HOUR, MINUTE, 0)),
            proposal_of(learner, present(NOON + 2 * HOUR, HOUR), unit_key="p", mode=UnitMode.PRACTICE),
            proposal_of(
                learner, unit_key="exam", mode=UnitMode.ASSESSMENT, result=mark, occurred_at=from_ms(NOON + 9 * HOUR)
            ),
        ],
        now=NOW,
    )
    answer = client_of(learner.learner_id).get(path(learner.enrolment_id))

    assert answer.status_code == 200
    found = json.loads(answer.content)
    assert found.pop("as_of")
    last = entries_for(learner_id=learner.learner_id)[-1]
    assert found == {
        "enrolment": learner.enrolment_id,
        "credited_seconds": 3_690,
        "modes": {"video": 90, "practice": 3_600},
        "units": [
            {
                "unit": "lesson-1",
                "mode": "video",
                "credited_seconds": 90,
                "coverage_ms": [[0, 90_000]],
                "refused": [{"from_ms": 0, "to_ms": 60_000, "seconds": 60, "reason": "dup_media"}],
            },
            {
                "unit": "p",
                "mode": "practice",
                "credited_seconds": 3_600,
                "coverage_ms": [[NOON + 2 * HOUR, NOON + 3 * HOUR]],
                "refused": [],
            },
        ],
        "results": [
            {
                "unit": "exam",
                "exam_kind": "theory",
                "score": 88,
                "pass_mark": 60,
                "passed": True,
                "at": "2026-03-12T01:00:00+00:00",
            }
        ],
        "refused_seconds": {"dup_media": 60},
        "head": {"seq": last.seq, "hash": last.entry_hash},
    }


def test_the_right_people_read_it_and_nobody_else_learns_that_it_exists() -> None:
    cast = make_cast()
    _, (learner, colleague) = make_filed_class(cast, names=("李秀兰", "王建国"))
    place = path(learner.enrolment_id)
    allowed = (
        learner.learner_id,
        cast.hr_id,
        cast.provider_admin_id,
        cast.trainer_id,
        cast.officer_id,
    )
    refused = (
        colleague.learner_id,
        cast.other_hr_id,
        cast.assessor_id,
        cast.base_staff_id,
        cast.stranger_id,
        make_account("somebody-else", "钱多多"),
    )
    assert [client_of(person).get(place).status_code for person in allowed] == [200] * len(allowed)
    assert [client_of(person).get(place).status_code for person in refused] == [404] * len(refused)
    anonymous = Client().get(place)
    assert (anonymous.status_code, json.loads(anonymous.content)["code"]) == (401, "sign_in_required")


def test_forged_ids_and_other_methods() -> None:
    cast = make_cast()
    client = client_of(cast.officer_id)
    assert client.get(path(999_999)).status_code == 404
    assert client.get("/api/v1/enrolments/99999999999999999999999/statement/").status_code == 404
    assert client.get("/api/v1/enrolments/abc/statement/").status_code == 404
    assert client.post(path(1)).status_code == 405


def test_the_schema_describes_it(client: Client) -> None:
    document = json.loads(client.get("/api/v1/schema/?format=json").content)
    assert "/api/v1/enrolments/{id}/statement/" in document["paths"]
    assert "head" in document["components"]["schemas"]["LearningStatement"]["properties"]
