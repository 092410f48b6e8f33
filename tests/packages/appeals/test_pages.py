"""From the button in the statement to the answer on the page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from lms.appeals import api
from lms.appeals.data import AppealFacts, AppealState
from lms.appeals.models import Appeal
from lms.config.settings.environment import S3Place
from lms.lib.localday import local_day
from tests.factories.learning import LATER
from tests.packages.appeals.conftest import Dispute, signed_in

# Pages read the clock, and the class of the tests lies in March 2026: appeals are lodged by the door at their own time.


def lodged(dispute: Dispute, *, learner: str = "learner", words: str = "老师要求多留十分钟") -> AppealFacts:
    place = getattr(dispute, learner)
    return api.lodge_appeal(
        learner_id=place.learner_id, enrolment_id=place.enrolment_id, seq=dispute.seq, words=words, now=LATER
    )


def test_after_the_last_day_the_page_says_so_and_the_statement_has_no_button(dispute: Dispute) -> None:
    client = signed_in(dispute.learner.learner_id)
    path = f"/appeals/new/{dispute.learner.enrolment_id}/{dispute.seq}/"
    answer = client.post(path, {"words": "晚了"}, follow=True)
    assert "申诉期限已于" in answer.content.decode()
    assert path not in answer.content.decode()
    assert Appeal.objects.count() == 0


def test_the_statement_leads_to_the_appeal_and_back(dispute: Dispute) -> None:
    appeal = lodged(dispute)
    client = signed_in(dispute.learner.learner_id)
    statement = client.get(f"/statement/{dispute.learner.enrolment_id}/").content.decode()
    assert f'href="/appeals/{appeal.appeal_id}/"' in statement
    assert "申诉处理中" in statement
    assert 'href="/appeals/mine/"' in statement
    assert appeal.number in client.get("/appeals/mine/").content.decode()
    assert f"#s{dispute.seq}" in client.get(f"/appeals/{appeal.appeal_id}/").content.decode()
    again = client.get(f"/appeals/new/{dispute.learner.enrolment_id}/{dispute.seq}/")
    assert (again.status_code, again["Location"]) in {
        (302, f"/appeals/{appeal.appeal_id}/"),
        (302, f"/statement/{dispute.learner.enrolment_id}/"),
    }


def test_words_of_a_stranger_are_shown_and_never_run(dispute: Dispute) -> None:
    appeal = lodged(dispute, words="<script>alert(1)</script>'; DROP TABLE x; --")
    for person in (dispute.learner.learner_id, dispute.cast.provider_admin_id, dispute.cast.officer_id):
        page = signed_in(person).get(f"/appeals/{appeal.appeal_id}/").content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert" not in page


def test_the_queue_has_late_ones_first_and_helps_where_it_is_empty(dispute: Dispute) -> None:
    desk = signed_in(dispute.cast.provider_admin_id)
    assert "没有待答复的申诉" in desk.get("/appeals/").content.decode()
    appeal = lodged(dispute)
    page = desk.get("/appeals/").content.decode()
    assert "待答复 1 件，其中逾期 1 件" in page
    assert "is-bad" in page
    assert appeal.number in signed_in(dispute.cast.officer_id).get("/appeals/").content.decode()
    assert "没有这种状态的申诉" in desk.get("/appeals/?state=closed").content.decode()
    assert signed_in(dispute.learner.learner_id).get("/appeals/").status_code == 404


def test_the_provider_answers_on_the_page_and_keeps_what_was_typed(dispute: Dispute) -> None:
    appeal = lodged(dispute)
    desk = signed_in(dispute.cast.provider_admin_id)
    path = f"/appeals/{appeal.appeal_id}/answer/"
    without = desk.post(path, {"reason": "写了一半"})
    assert without.status_code == 400
    assert "写了一半" in without.content.decode()
    assert "请选择支持或不予支持" in without.content.decode()
    assert desk.post(path, {"reason": "字" * 10_000, "verdict": "refused"}).status_code == 400
    assert desk.post(path, {"reason": "已核对签到表", "verdict": "refused"}).status_code == 302
    page = desk.get(f"/appeals/{appeal.appeal_id}/").content.decode()
    assert "已封存为第 1 号答复" in page
    assert path not in page
    learner = signed_in(dispute.learner.learner_id)
    onward = learner.get(f"/appeals/{appeal.appeal_id}/").content.decode()
    assert "提请主管部门处理" in onward
    assert learner.post(f"/appeals/{appeal.appeal_id}/on/", {"words": "签到表不全"}).status_code == 302
    assert api.appeal_of(appeal_id=appeal.appeal_id).state is AppealState.AUTHORITY
    assert learner.post(path, {"reason": "x", "verdict": "upheld"}).status_code == 404
    assert desk.post(f"/appeals/{appeal.appeal_id}/on/", {"words": "x"}).status_code == 404


def test_a_photo_goes_along_from_the_page_and_something_else_does_not(
    dispute: Dispute, storage: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: LATER)  # the clock of the edge
    client = signed_in(dispute.learner.learner_id)
    path = f"/appeals/new/{dispute.learner.enrolment_id}/{dispute.seq}/"
    bad = client.post(path, {"words": "见附件", "file": SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>")})
    assert bad.status_code == 400
    assert "只能上传 PDF、JPEG 或 PNG" in bad.content.decode()
    assert "见附件" in bad.content.decode()
    good = client.post(path, {"words": "见附件", "file": SimpleUploadedFile("签到.png", b"\x89PNG\r\n\x1a\n!")})
    appeal_id = Appeal.objects.get().pk
    assert good["Location"] == f"/appeals/{appeal_id}/"
    kept = signed_in(dispute.cast.provider_admin_id).get(f"/appeals/{appeal_id}/file/")
    assert kept.content == b"\x89PNG\r\n\x1a\n!"
    assert kept["Content-Disposition"] == f'attachment; filename="SS{appeal_id:06d}.png"'
    assert kept["X-Content-Type-Options"] == "nosniff"
    assert "申诉处理中" in client.get(f"/statement/{dispute.learner.enrolment_id}/").content.decode()
    assert local_day(LATER) + timedelta(days=7) == Appeal.objects.get().due_on
