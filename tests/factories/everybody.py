"""One of everything that has an address, and everybody who might ask for it: for tests that walk over all pages."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from openpyxl import Workbook

from courses.data import ExamKind, UnitCategory, UnitDraft, UnitMode
from lms.accounts.api import create_organisation, devices_of, get_person, grant_role, raise_level, record_status
from lms.accounts.data import CheckMethod, Level, OrganisationKind, Role
from lms.accounts.signin import open_device
from lms.appeals.api import lodge_appeal
from lms.archive.models import ClassExport
from lms.assessment.api import schedule_exam
from lms.claims import api as claims
from lms.completion import api as completion
from lms.enrolment.api import enrol, enrol_self, preview_roster, submit_filing
from lms.enrolment.data import EnrolmentFacts, PayeeKind
from lms.ledger.api import anchor_heads, stretches_of
from lms.ledger.data import ReasonCode
from lms.notices.api import inbox_of
from lms.oversight.models import Flag
from lms.player.api import open_session
from lms.points import api as points
from lms.practice.api import confirm, propose_sign_out
from lms.practice.data import CodeKind
from lms.subsidy import api as subsidy
from lms.support.api import open_ticket
from lms.support.data import PageContext
from media.api import start_upload
from media.models import MediaAsset
from tests.factories.classes import (
    FILED_AT,
    FIRST_DAY,
    THEORY_EXAM,
    Cast,
    add_learners,
    at,
    file_class_run,
    id_number,
    make_account,
    make_cast,
    make_class_run,
    make_curriculum,
    make_filed_class,
    make_open_class,
)
from tests.factories.learning import LATER, complete, practise
from tests.factories.practice import ENDS, come, make_session
from tests.factories.way import carry_on

FAR_AWAY = "310113"
LESSON = "55555555-5555-4555-8555-555555555555"
_STRANGERS = (
    ("other_provider_admin", Role.PROVIDER_ADMIN, "other_provider"),
    ("other_trainer", Role.TRAINER, "other_provider"),
    ("other_base_staff", Role.BASE_STAFF, "other_base"),
    ("other_assessor", Role.ASSESSOR, "other_provider"),
    ("far_officer", Role.OFFICER, "far_authority"),
    ("city_officer", Role.OFFICER, "city_authority"),
    ("operator", Role.OPERATOR, "platform"),
    ("desk", Role.DESK, "authority"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Everybody:
    """Person ids by who they are, and the ids of the things they have to do with each other by."""

    cast: Cast
    people: dict[str, int]
    ids: dict[str, Any]


def make_everybody() -> Everybody:
    """A class whose first learner has finished, been decided and been claimed for, and strangers of every role."""
    cast = make_cast()
    people = {**_staff(cast), **_strangers(cast)}
    run, (first, second) = make_filed_class(cast, names=("李秀兰", "张建国"))
    people |= {"learner": first.learner_id, "classmate": second.learner_id}
    for enrolment in (first, second):
        raise_level(
            person_id=enrolment.learner_id, to=Level.SUPERVISED, method=CheckMethod.SUPERVISED,
            actor_id=cast.officer_id, now=LATER,
        )  # fmt: skip
        record_status(
            person_id=enrolment.learner_id, actor_id=cast.officer_id, hukou="local", draws_pension=False, insured=True,
            now=LATER,
        )  # fmt: skip
    complete(first, cast)
    carry_on()
    anchor_heads(now=LATER)
    (draft,) = claims.batches_for(organisation_ids=[cast.provider_id])
    record = completion.record_for(enrolment_id=first.enrolment_id)
    decision = subsidy.decision_for(enrolment_id=first.enrolment_id, programme="SME-GROUP")
    if record is None or decision is None:
        message = "the first learner has neither record nor decision"
        raise AssertionError(message)
    ids: dict[str, Any] = {
        "class_run": run.class_run_id,
        "course": run.course_id,
        "enrolment": first.enrolment_id,
        "second_enrolment": second.enrolment_id,
        "claim": draft.number,
        "record": record.record_no,
        "verify_code": record.verify_code,
        "decision": decision.decision_id,
        **_practice(cast, run, second.learner_id, second.enrolment_id),
        **_lesson(cast, people["learner"]),
        **_draft_class(cast),
        **_questions(people["learner"]),
        **_point(cast, people["learner"]),
        **_appeal(cast, first, second),
    }
    ids["exam"] = schedule_exam(
        class_run_id=run.class_run_id, unit_key=THEORY_EXAM, held_on=FIRST_DAY + timedelta(days=20),
        assessor_id=cast.assessor_id, actor_id=cast.provider_admin_id, now=FILED_AT,
    ).exam_id  # fmt: skip
    open_device(person_id=people["learner"], session_key="kept-browser", user_agent="Firefox", now=LATER)
    ids["device"] = devices_of(person_id=people["learner"], session_key="", now=LATER)[0].device_id
    ids["flag"] = raise_flag(first).pk
    ids["last4"] = get_person(person_id=people["learner"]).masked_id[-4:]
    ids["notice"] = inbox_of(person_id=people["learner"], language="zh-hans")[0].notice_id
    ids["archive"] = ClassExport.objects.create(
        class_run_id=run.class_run_id, purpose="审计", requested_by_id=cast.officer_id, requested_at=LATER,
        due_at=LATER, state="ready", key="archives/1/a.zip", size=1, sha256="ab" * 32, ready_at=LATER,
    ).pk  # fmt: skip
    return Everybody(cast=cast, people=people, ids=ids)


def _staff(cast: Cast) -> dict[str, int]:
    return {
        "stranger": cast.stranger_id,
        "hr": cast.hr_id,
        "other_hr": cast.other_hr_id,
        "provider_admin": cast.provider_admin_id,
        "trainer": cast.trainer_id,
        "base_staff": cast.base_staff_id,
        "assessor": cast.assessor_id,
        "officer": cast.officer_id,
    }


def _strangers(cast: Cast) -> dict[str, int]:
    kinds = OrganisationKind
    made = {
        name: create_organisation(
            kind=kind, name=title, uscc=uscc, district=district, actor_id=None, now=FILED_AT
        ).organisation_id
        for name, kind, title, uscc, district in (
            ("other_provider", kinds.PROVIDER, "上海明德职业技能培训学校", "52310113MJ9000015Q", FAR_AWAY),
            ("other_base", kinds.BASE, "嘉定公共实训基地", "12310114425000015G", FAR_AWAY),
            ("far_authority", kinds.AUTHORITY, "宝山区人力资源和社会保障局", "", FAR_AWAY),
            ("city_authority", kinds.AUTHORITY, "上海市人力资源和社会保障局", "", "310000"),
            ("authority", kinds.AUTHORITY, "浦东新区服务窗口", "", "310115"),
            ("platform", kinds.PLATFORM, "职培云运营中心", "", ""),
        )
    }
    people = {}
    for name, role, place in _STRANGERS:
        people[name] = make_account(f"test-{name}", "旁人")
        grant_role(
            person_id=people[name], organisation_id=made[place], role=role, from_on=date(2026, 1, 1), actor_id=None,
            now=FILED_AT,
        )  # fmt: skip
    return people


def _practice(cast: Cast, run: Any, learner_id: int, enrolment_id: int) -> dict[str, Any]:
    """A session that the second learner came to and left without signing out, and the proposal to mend that."""
    session = make_session(cast, run)
    come(session.session_id, learner_id, session.starts_at)
    confirm(
        session_id=session.session_id, enrolment_id=enrolment_id, kind=CodeKind.IN, staff_id=cast.base_staff_id,
        now=session.starts_at,
    )  # fmt: skip
    proposal = propose_sign_out(
        session_id=session.session_id, enrolment_id=enrolment_id, out_at=ENDS, reason="忘了签退",
        actor_id=cast.base_staff_id, now=ENDS + timedelta(hours=2),
    )  # fmt: skip
    return {"session": session.session_id, "correction": proposal.correction_id}


def make_video(cast: Cast, *, state: str = "ready") -> MediaAsset:
    """The row of a video as packaging leaves it; its files are not there."""
    return MediaAsset.objects.create(
        id=uuid4(), title="触电急救", owner_id=cast.trainer_id, organisation_id=cast.provider_id, state=state,
        file_name="lesson.mp4", size=1, source_key="x", upload_id="u1", part_size=8 << 20,
        error_code="not_a_video" if state == "failed" else "", touched_at=FILED_AT, prefix=f"hls/{uuid4()}/",
        duration_ms=2_700_020, renditions=[], created_at=FILED_AT, ready_at=FILED_AT,
    )  # fmt: skip


def _lesson(cast: Cast, learner_id: int) -> dict[str, Any]:
    """The learner's second class, with a video lesson, a play session of it and the presence check it opens with."""
    video = make_video(cast)
    units = (
        UnitDraft(
            mode=UnitMode.VIDEO, title="触电急救", category=UnitCategory.SAFETY, media_id=video.pk, unit_key=LESSON
        ),
        UnitDraft(mode=UnitMode.PRACTICE, title="线路安装", category=UnitCategory.PRACTICE, minutes=180),
        UnitDraft(mode=UnitMode.ASSESSMENT, title="理论考核", exam_kind=ExamKind.THEORY, pass_mark=60),
        UnitDraft(mode=UnitMode.ASSESSMENT, title="实操考核", exam_kind=ExamKind.PRACTICE, pass_mark=60),
    )
    plan = make_curriculum(cast, units=units, slug="chudian-jijiu")
    run = make_class_run(
        cast, curriculum=plan, title="触电急救班", programme_code="ENT-SKILL", payee_kind=PayeeKind.ENTERPRISE,
        payee_id=None,
    )  # fmt: skip
    enrolment = enrol(
        class_run_id=run.class_run_id, person_id=learner_id, employer_id=cast.employer_id, actor_id=cast.hr_id,
        now=FILED_AT,
    )  # fmt: skip
    file_class_run(cast, run.class_run_id)
    played = open_session(
        learner_id=learner_id, enrolment_id=enrolment.enrolment_id, unit_key=LESSON, now=at(FIRST_DAY, 9)
    )
    open_class = make_open_class(cast, curriculum=plan)
    joined = enrol_self(class_run_id=open_class.class_run_id, person_id=learner_id, now=FILED_AT)
    upload, _is_new = start_upload(
        name="移位实操.mp4", size=1, content_type="video/mp4", owner_id=cast.trainer_id,
        organisation_id=cast.provider_id, now=FILED_AT,
    )  # fmt: skip
    return {
        "lesson_enrolment": enrolment.enrolment_id,
        "play_session": played.session,
        "check": played.prompt.check if played.prompt else None,
        "media": video.pk,
        "upload": upload.upload,
        "failed_media": make_video(cast, state="failed").pk,
        "open_enrolment": joined.enrolment_id,
        "open_class_run": open_class.class_run_id,
        "open_course": open_class.course_id,
    }


def raise_flag(enrolment: EnrolmentFacts, *, rule: str = "speed_anomaly", number: int = 1) -> Flag:
    """A flag as the watch leaves it."""
    start = at(FIRST_DAY, 9) + timedelta(hours=number)
    flag = Flag(
        rule=rule, subject_kind="session", subject=str(uuid4()), class_run_id=enrolment.class_run_id,
        enrolment_id=enrolment.enrolment_id, window_from=start, window_to=start + timedelta(minutes=30),
        figures={"asked_seconds": 2_400, "passed_seconds": 150, "clipped_seconds": 2_250}, raised_at=LATER,
    )  # fmt: skip
    flag.save()
    return flag


def _draft_class(cast: Cast) -> dict[str, Any]:
    """A class that is still a draft with a roster file in it, and one that waits for the officer."""
    plan = make_curriculum(cast, slug="dengdai-beian")
    draft = make_class_run(cast, curriculum=plan, title="草稿班")
    (enrolment,) = add_learners(cast, draft.class_run_id, ("王芳",))
    kept = preview_roster(
        class_run_id=draft.class_run_id, employer_id=cast.employer_id, actor_id=cast.hr_id, file=roster_file(),
        file_name="roster.xlsx", now=FILED_AT,
    )  # fmt: skip
    waiting = make_class_run(cast, curriculum=plan, title="待备案班")
    add_learners(cast, waiting.class_run_id, ("赵鹏",))
    submit_filing(class_run_id=waiting.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)
    return {
        "draft_class_run": draft.class_run_id,
        "draft_enrolment": enrolment.enrolment_id,
        "import": kept.import_id,
        "submitted_class_run": waiting.class_run_id,
    }


def roster_file() -> bytes:
    """Two lines: one good, one whose check digit is wrong."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise AssertionError
    good = id_number(901)
    bad = good[:-1] + ("1" if good[-1] != "1" else "2")
    for row in (("姓名", "证件号码", "手机号码"), ("何静", good, "13900000901"), ("钱进", bad, "13900000902")):
        sheet.append(list(row))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _point(cast: Cast, learner_id: int) -> dict[str, Any]:
    """A learning point of the base with one device, at which the first learner sits."""
    point = points.register_point(
        organisation_id=cast.base_id, title="二楼学习点", place="二楼 203 室", supervisor_id=cast.base_staff_id,
        actor_id=cast.base_staff_id, now=LATER,
    )  # fmt: skip
    made = points.register_device(point_id=point.point_id, name="1 号机", actor_id=cast.base_staff_id, now=LATER)
    visit = points.ask_in(device_id=made.device.device_id, learner_id=learner_id, now=LATER)
    points.check_in(
        visit_id=visit.visit_id, supervisor_id=cast.base_staff_id,
        last4=get_person(person_id=learner_id).masked_id[-4:], now=LATER,
    )  # fmt: skip
    return {"point": point.point_id, "point_device": made.device.device_id, "visit": visit.visit_id}


def _appeal(cast: Cast, first: EnrolmentFacts, second: EnrolmentFacts) -> dict[str, Any]:
    """Both stayed ten minutes beyond the timetable; the second one appeals, with a photo."""
    for enrolment in (first, second):
        practise(enrolment, cast, minutes=190, start=at(FIRST_DAY + timedelta(days=2), 9))
    carry_on()
    refused = {
        place.enrolment_id: next(
            stretch.seq
            for stretch in stretches_of(
                enrolment_id=place.enrolment_id, first_on=FIRST_DAY, last_on=FIRST_DAY + timedelta(days=3)
            )
            if stretch.reason is ReasonCode.OUTSIDE_SCHEDULE
        )
        for place in (first, second)
    }
    lodged = lodge_appeal(
        learner_id=second.learner_id, enrolment_id=second.enrolment_id, seq=refused[second.enrolment_id],
        words="老师要求我们多留十分钟清理场地", file=b"%PDF-1.7 note", file_name="note.pdf", now=LATER,
    )  # fmt: skip
    return {"refused_seq": refused[first.enrolment_id], "appeal": lodged.appeal_id}


def _questions(learner_id: int) -> dict[str, Any]:
    page = PageContext(
        path="/home/", title="首页", view_name="portal:home", kwargs={}, request_id="r1", user_agent="x", ip="127.0.0.1"
    )
    asked = {"text": "视频打不开", "page": page, "language": "zh-hans", "now": LATER}
    own = open_ticket(person_id=learner_id, **asked)  # type: ignore[arg-type]
    unnamed = open_ticket(person_id=None, **asked)  # type: ignore[arg-type]
    return {"ticket": own.ticket_id, "ticket_token": unnamed.token}
