"""The pages of claims: who sees which, and the words for every refusal."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from lms.accounts.models import Person
from lms.claims import api
from lms.claims.data import Verdict
from lms.claims.models import ClaimLine
from tests.factories.classes import Cast
from tests.factories.learning import LATER
from tests.packages.claims.conftest import make_claim


def signed_in(person_id: int) -> Client:
    client = Client()
    client.force_login(Person.objects.get(pk=person_id))
    return client


def text_after(client: Client, path: str, data: dict[str, str] | None = None) -> str:
    """The page to which a POST leads."""
    answer = client.post(path, data or {}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_payee_sees_names_amounts_and_why_somebody_is_left_out(cast: Cast) -> None:
    number, _run, _people = make_claim(cast, leave_out=("张建国",))
    page = signed_in(cast.provider_admin_id).get(f"/claims/{number}/").content.decode()
    assert "李秀兰" in page
    assert "张建国" in page
    assert "195.00" in page
    assert "未列入人员及原因" in page
    assert not re.search(r"\d{17}[\dX]", page.replace("52310101MJ90000149", ""))  # no ID number in clear


@pytest.mark.parametrize("who", ["other_hr_id", "hr_id", "trainer_id", "officer_id", "stranger_id"])
def test_a_draft_is_the_payees_alone(cast: Cast, who: str) -> None:
    number, _run, _people = make_claim(cast)
    client = signed_in(getattr(cast, who))
    assert client.get(f"/claims/{number}/").status_code == 404
    assert client.post(f"/claims/{number}/submit/").status_code == 404


def test_a_claim_submitted_twice_says_so_and_shows_the_same_receipt(cast: Cast) -> None:
    number, _run, _people = make_claim(cast)
    client = signed_in(cast.provider_admin_id)
    receipt = api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER).receipt_no
    again = text_after(client, f"/claims/{number}/submit/")
    assert f"这份申领此前已经提交，没有重复提交。回执编号：{receipt}" in again


def test_the_officer_is_told_what_is_missing_and_the_first_verdict_stands(cast: Cast) -> None:
    number, _run, _people = make_claim(cast)
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    client = signed_in(cast.officer_id)
    assert "请选择通过或不予通过。" in text_after(client, f"/claims/{number}/review/", {"verdict": "maybe"})
    assert "不予通过须写明理由" in text_after(client, f"/claims/{number}/review/", {"verdict": "refuse", "reason": " "})
    assert "审核通过后才能导出拨付清单。" in text_after(client, f"/claims/{number}/payment.csv")
    assert "审核意见已记录" in text_after(client, f"/claims/{number}/review/", {"verdict": "approve"})
    words = text_after(client, f"/claims/{number}/review/", {"verdict": "refuse", "reason": "名册不符"})
    assert "以第一次的意见为准" in words
    answer = client.post(f"/claims/{number}/payment.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.content.decode("utf-8-sig").splitlines()[-1].endswith(",195.00")


def test_the_payee_reads_why_a_line_was_left_out(cast: Cast) -> None:
    number, _run, (_alice, bob) = make_claim(cast, finish=("李秀兰", "张建国"))
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    api.review(
        number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER,
        refused_lines={ClaimLine.objects.get(person_id=bob.learner_id).pk: "GEN-06"},
    )  # fmt: skip
    page = signed_in(cast.provider_admin_id).get(f"/claims/{number}/").content.decode()
    assert "所依据的结业记录已失效。" in page
    assert "GEN-06" not in page.split("未列入人员及原因")[0]
