"""A class is filed only when its packaged videos are long enough; the pages say which is not, and what to do."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from courses.data import CurriculumVersion, ExamKind, UnitCategory, UnitDraft, UnitMode
from lms.accounts.models import Person
from lms.enrolment.api import accept_filing, get_class_run, judge_filing, submit_filing
from lms.enrolment.data import ClassRunFacts, ClassRunState, PayeeKind, UnableToFile
from media.models import MediaAsset
from tests.factories.classes import (
    FILED_AT,
    FILING_DAY,
    Cast,
    add_learners,
    make_cast,
    make_class_run,
    make_curriculum,
    make_filed_class,
)
from tests.factories.everybody import make_video

pytestmark = pytest.mark.django_db


def online_curriculum(cast: Cast, *, milliseconds: int) -> tuple[CurriculumVersion, MediaAsset]:
    """A course of one video of that true length, with an exam."""
    video = make_video(cast)
    MediaAsset.objects.filter(pk=video.pk).update(duration_ms=milliseconds)
    units = (
        UnitDraft(mode=UnitMode.VIDEO, title="触电急救", category=UnitCategory.SAFETY, media_id=video.pk),
        UnitDraft(mode=UnitMode.ASSESSMENT, title="理论考核", exam_kind=ExamKind.THEORY, pass_mark=60),
    )
    return make_curriculum(cast, units=units), video


def online_class(cast: Cast, curriculum: CurriculumVersion) -> ClassRunFacts:
    run = make_class_run(
        cast,
        curriculum=curriculum,
        programme_code="ENT-ONLINE",
        payee_kind=PayeeKind.ENTERPRISE,
        agreement_on=None,
        agreement_ref="",
    )
    add_learners(cast, run.class_run_id)
    return run


def signed_in(person_id: int) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(Person.objects.get(pk=person_id))
    return client


def submit(cast: Cast, run: ClassRunFacts) -> None:
    submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)


def test_filed_seconds_are_the_floor_of_the_packaged_video() -> None:
    cast = make_cast()

    curriculum, _video = online_curriculum(cast, milliseconds=65_448_999)

    assert (curriculum.units[0].required_seconds, curriculum.units[0].duration_seconds) == (65_448, 65_448)
    assert judge_filing(class_run_id=online_class(cast, curriculum).class_run_id, day=FILING_DAY) == ()


def test_a_video_packaged_shorter_than_filed_is_refused_by_name_and_nothing_is_sealed() -> None:
    cast = make_cast()
    curriculum, video = online_curriculum(cast, milliseconds=70_000_000)
    run = online_class(cast, curriculum)
    MediaAsset.objects.filter(pk=video.pk).update(duration_ms=69_999_999)

    with pytest.raises(UnableToFile) as refused:
        submit(cast, run)

    assert refused.value.codes == ("PLAN-03",)
    assert refused.value.refusals[0].params["subject"] == "触电急救"
    assert get_class_run(class_run_id=run.class_run_id).state is ClassRunState.DRAFT


def test_the_officer_cannot_accept_what_has_become_too_short_since() -> None:
    cast = make_cast()
    curriculum, video = online_curriculum(cast, milliseconds=64_800_000)
    run = online_class(cast, curriculum)
    submit(cast, run)
    MediaAsset.objects.filter(pk=video.pk).update(state="queued")

    with pytest.raises(UnableToFile) as refused:
        accept_filing(class_run_id=run.class_run_id, officer_id=cast.officer_id, now=FILED_AT)

    assert refused.value.codes == ("PLAN-03", "PLAN-04")
    assert get_class_run(class_run_id=run.class_run_id).state is ClassRunState.SUBMITTED


def test_a_reserve_under_one_per_cent_is_advice_to_both_sides_and_stops_nobody() -> None:
    cast = make_cast()
    curriculum, _video = online_curriculum(cast, milliseconds=64_800_000)
    run = online_class(cast, curriculum)
    file_page = reverse("enrolment:file", args=[run.class_run_id])
    class_page = reverse("enrolment:class", args=[run.class_run_id])

    assert judge_filing(class_run_id=run.class_run_id, day=FILING_DAY) == ()
    before = signed_in(cast.provider_admin_id).get(file_page).content.decode()
    submit(cast, run)
    officer = signed_in(cast.officer_id).get(class_page).content.decode()
    accept_filing(class_run_id=run.class_run_id, officer_id=cast.officer_id, now=FILED_AT)
    after = signed_in(cast.officer_id).get(class_page).content.decode()

    for page in (before, officer):
        assert "<b>PLAN-05</b>" in page
        assert "18:10:48 advised" in page
    assert "PLAN-05" not in after


def test_the_wizard_names_the_short_video_and_what_to_do_in_both_languages() -> None:
    cast = make_cast()
    curriculum, video = online_curriculum(cast, milliseconds=70_000_000)
    run = online_class(cast, curriculum)
    MediaAsset.objects.filter(pk=video.pk).update(duration_ms=69_000_000)
    provider = signed_in(cast.provider_admin_id)

    english = provider.get(reverse("enrolment:file", args=[run.class_run_id])).content.decode()
    chinese = provider.get(
        reverse("enrolment:class", args=[run.class_run_id]), headers={"Accept-Language": "zh-hans"}
    ).content.decode()

    assert "The video “触电急救” is 19:10:00 long as packaged, shorter than the 19:26:40 to be filed" in english
    assert "take the new version into the class" in english
    assert "视频“触电急救”实际时长 19:10:00，短于备案的 19:26:40" in chinese


def test_a_plan_without_videos_needs_none() -> None:
    run, _enrolments = make_filed_class(make_cast())

    assert run.state is ClassRunState.FILED
