from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from lms.accounts.models import Person
from lms.completion.api import record_for, revoke_record
from lms.enrolment.data import EnrolmentFacts
from lms.subsidy import api
from lms.subsidy.data import EarlierLine, LineStatus, Outcome, SubsidyDecision
from lms.subsidy.openapi import SCHEMAS
from tests.factories.classes import Cast
from tests.factories.learning import LATER


@pytest.fixture
def decision(graduate: EnrolmentFacts) -> SubsidyDecision:
    return api.decide(enrolment_id=graduate.enrolment_id, now=LATER)[0]


def signed_in(person_id: int) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    client.force_login(Person.objects.get(pk=person_id))
    return client


def test_the_learner_sees_every_clause_the_formula_the_payee_and_the_note(decision: SubsidyDecision) -> None:
    page = signed_in(decision.learner_id).get(f"/subsidy/decisions/{decision.decision_id}/")
    assert page.status_code == 200
    text = page.content.decode()
    for check in decision.clauses:
        assert f'id="clause-{check.code}"' in text
        assert check.required.zh in text
        assert check.observed.zh in text
    assert "195.00" in text
    assert "8 学时 × 15.00 元 = 120.00 元" in text
    assert "浦江职业技能培训学校" in text
    assert "参考政策集，不代表主管部门。" in text
    assert "REF-SH-2026.1" in text
    assert "重新演算一致" in text
    assert "style=" not in text.replace('rel="stylesheet"', "")


def test_a_refusal_says_what_to_do(graduate: EnrolmentFacts, decision: SubsidyDecision) -> None:
    record = record_for(enrolment_id=graduate.enrolment_id)
    assert record is not None
    revoke_record(record_no=record.record_no, reason="x", now=LATER)
    (refused,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    client = signed_in(decision.learner_id)
    text = client.get(f"/subsidy/decisions/{refused.decision_id}/").content.decode()
    assert "条款 GEN-06 未满足" in text
    assert "请先完成全部学习和考核取得结业记录" in text
    old = client.get(f"/subsidy/decisions/{decision.decision_id}/").content.decode()
    assert f'href="/subsidy/decisions/{refused.decision_id}/"' in old


def test_a_hold_says_which_fact_is_missing_what_proves_it_and_what_happens_then(graduate: EnrolmentFacts) -> None:
    (_firm, own) = api.preview(enrolment_id=graduate.enrolment_id, now=LATER)
    assert (own.programme_code, own.outcome, own.amount_fen) == ("IND-SKILL", Outcome.HOLD, 0)
    told = {
        check.code: api.what_to_do(check=check, programme_code=own.programme_code, language="zh-hans")
        for check in own.clauses
    }
    assert {check.code for check in own.clauses if check.passed is None} == {
        "GEN-02", "GEN-03", "GEN-08", "IS-01", "IS-02", "IS-05",
    }  # fmt: skip
    assert told["IS-01"].startswith("还需要：证书已查验（凭证书查询结果）。")
    assert told["GEN-08"].startswith("还需要：收款账户户名与收款方一致（凭收款账户核验）。")
    assert told["GEN-02"].startswith("还需要：证书核发日期（凭证书查询结果）。")  # the deciding date is missing
    assert told["IS-02"].endswith("请点“帮助”联系工作人员。")
    assert "逾期" not in told["IS-02"]
    assert [told[check.code] for check in own.clauses if check.passed] == [""] * sum(
        check.passed is True for check in own.clauses
    )


def test_payee_employer_and_officer_see_it_and_nobody_else(decision: SubsidyDecision, cast: Cast) -> None:
    path = f"/subsidy/decisions/{decision.decision_id}/"
    for person_id in (cast.provider_admin_id, cast.hr_id, cast.officer_id):
        assert signed_in(person_id).get(path).status_code == 200
    for person_id in (cast.other_hr_id, cast.trainer_id, cast.assessor_id, cast.base_staff_id, cast.stranger_id):
        assert signed_in(person_id).get(path).status_code == 404
        assert signed_in(person_id).get(f"/api/v1{path}").status_code == 404
    assert Client().get(path).status_code == 302
    assert Client().get(f"/api/v1{path}").status_code == 401


@pytest.mark.parametrize("decision_id", ["0", "999999", "99999999999999999999999", "x"])
def test_a_forged_id_is_not_found(decision: SubsidyDecision, decision_id: str) -> None:
    client = signed_in(decision.learner_id)
    assert client.get(f"/subsidy/decisions/{decision_id}/").status_code == 404
    assert client.get(f"/api/v1/subsidy/decisions/{decision_id}/").status_code == 404


def test_the_document_comes_in_the_caller_s_language(decision: SubsidyDecision) -> None:
    client = signed_in(decision.learner_id)
    path = f"/api/v1/subsidy/decisions/{decision.decision_id}/"
    zh = client.get(path).json()
    assert (zh["amount_fen"], zh["amount_yuan"], zh["outcome"]) == (19_500, "195.00", "approve")
    assert zh["title"] == "中小微企业集中培训补贴"
    schema = SCHEMAS["SubsidyDecision"]
    assert set(zh) == set(schema["required"]) == set(schema["properties"])
    assert set(zh["clauses"][0]) == set(schema["properties"]["clauses"]["items"]["properties"])
    assert set(zh["formula"][0]) == set(schema["properties"]["formula"]["items"]["properties"])
    en = client.get(path, headers={"accept-language": "en"}).json()
    assert en["title"] == "Group training of small firms"
    assert [clause["code"] for clause in zh["clauses"]] == [clause["code"] for clause in en["clauses"]]


def test_the_refs_of_other_claims_are_for_their_owner_only(graduate: EnrolmentFacts, cast: Cast) -> None:
    line = EarlierLine(
        line_ref="SL-2026-000077-1",
        programme="REFRESH",
        status=LineStatus.PAID,
        submitted_on=date(2026, 2, 2),
        evidence=frozenset({f"enrolment:{graduate.enrolment_id}"}),
    )
    (found,) = api.decide(enrolment_id=graduate.enrolment_id, other_lines=(line,), now=LATER)
    path = f"/subsidy/decisions/{found.decision_id}/"
    assert "SL-2026-000077-1" in signed_in(found.learner_id).get(path).content.decode()
    assert "SL-2026-000077-1" not in signed_in(cast.hr_id).get(path).content.decode()


def test_my_decisions_are_listed_and_nobody_else_s(decision: SubsidyDecision, cast: Cast) -> None:
    mine = signed_in(decision.learner_id).get("/subsidy/").content.decode()
    assert f'href="/subsidy/decisions/{decision.decision_id}/"' in mine
    assert "通过" in mine
    others = signed_in(cast.stranger_id).get("/subsidy/").content.decode()
    assert "/subsidy/decisions/" not in others
    assert "还没有认定结果" in others
    assert Client().get("/subsidy/").status_code == 302
