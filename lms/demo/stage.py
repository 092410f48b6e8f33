"""Sets the demo's stage through the same doors that people use: organisations, accounts, footage, course, class run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from courses import api as courses
from courses.data import CurriculumVersion, ExamKind, OccupationKind, UnitCategory, UnitDraft, UnitMode, WhoPays
from lms.accounts import api as accounts
from lms.accounts.data import ConsentSubject, EmploymentKind, IdType
from lms.demo.cast import CHECKED_LEARNERS, FIRMS, LEARNERS, PASSWORD, STAFF, Player
from lms.enrolment import api as enrolment
from lms.enrolment.data import ClassRunDraft, PayeeKind
from lms.lib.localday import local_day

# Late enough that people may still be added (the first 20 % of the class's days), early enough for a week of learning.
FILED_DAYS_AGO, STARTED_DAYS_AGO, ENDS_IN_DAYS = 9, 8, 75
OPEN_FILED_DAYS_AGO, OPEN_STARTED_DAYS_AGO = 6, 4
SAFETY_MEDIA, MOVING_MEDIA = UUID("7a1c0000-0000-4000-8000-000000000001"), UUID("7a1c0000-0000-4000-8000-000000000002")
UNITS = {
    "safety": "d3a1f000-0000-4000-8000-000000000001",
    "moving": "d3a1f000-0000-4000-8000-000000000002",
    "live": "d3a1f000-0000-4000-8000-000000000003",
    "practice": "d3a1f000-0000-4000-8000-000000000004",
    "theory": "d3a1f000-0000-4000-8000-000000000005",
    "skill": "d3a1f000-0000-4000-8000-000000000006",
}
OPEN_UNITS = {
    "safety": "d3a1f000-0000-4000-8000-000000000011",
    "practice": "d3a1f000-0000-4000-8000-000000000012",
    "theory": "d3a1f000-0000-4000-8000-000000000013",
}
CLASS_TITLE = "康颐护理养老护理员集中培训班"
CHECKED_CLASS_TITLE = "颐安家政在岗技能班（线上线下结合）"
OPEN_CLASS_TITLE = "居家照护入门　社会学员班"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Ids of everybody and everything by the key of the cast list."""

    people: Mapping[str, int]
    firms: Mapping[str, int]


def gather_cast(*, now: datetime) -> Cast:
    """Every organisation and account of the cast exists, learners checked at the desk against their cards."""
    before = now - timedelta(days=FILED_DAYS_AGO + 9)
    firms = {firm.key: _firm(firm.key, before) for firm in FIRMS}
    people = {player.key: _account(player, before) for player in (*STAFF, *LEARNERS, *CHECKED_LEARNERS)}
    for player in STAFF:
        if player.role:
            accounts.grant_role(
                person_id=people[player.key], organisation_id=firms[player.firm], role=player.role,
                from_on=local_day(before), actor_id=None, now=before,
            )  # fmt: skip
    for player in (*LEARNERS, *CHECKED_LEARNERS):
        _vouch_for(player, people, firms, before)
    return Cast(people=people, firms=firms)


def publish_course(*, cast: Cast, now: datetime) -> CurriculumVersion:
    """The demo course stands in the catalogue; its frozen curriculum is returned. Its videos must be packaged."""
    before = now - timedelta(days=FILED_DAYS_AGO + 4)
    courses.ensure_subject(slug="elderly-care", name="养老护理", name_en="Elderly care")
    courses.ensure_occupation(
        code="4-10-01-05", edition="2022", name="养老护理员",
        kind=OccupationKind.SKILL, shortage=True,
    )  # fmt: skip
    course_id = courses.create_course(
        slug="elderly-care-safety-and-moving",
        title="养老护理员（四级）照护安全与移位技能",
        organisation_id=cast.firms["provider"],
        author_id=cast.people["trainer"],
        units=_units(),
        now=before,
        intro="面向中小微养老机构在岗护理员：先学会保护老人和自己，再练会翻身、坐起和床椅移位。",
        outcomes=("三分钟完成环境五查", "独立处理噎食与跌倒", "规范完成床与轮椅之间的移位"),
        audience="养老机构、居家护理在岗人员",
        subject="elderly-care",
        occupation="4-10-01-05",
        level=4,
        who_pays=(WhoPays.FIRM,),
    )
    return courses.latest_curriculum(course_id=course_id)


def publish_open_course(*, cast: Cast, now: datetime) -> CurriculumVersion:
    """A second, small course that a worker takes on his own account; its frozen curriculum is returned."""
    course_id = courses.create_course(
        slug="home-care-first-steps",
        title="居家照护入门（五级）噎食与跌倒的应急处置",
        organisation_id=cast.firms["provider"],
        author_id=cast.people["trainer"],
        units=_open_units(),
        now=now - timedelta(days=FILED_DAYS_AGO + 3),
        intro="面向想进入养老照护行业的劳动者和家庭照护者：一讲视频、半天实操，学会最要紧的几件事。",
        outcomes=("噎食时第一分钟做什么", "跌倒以后先看什么、再扶什么", "进门先查环境"),
        audience="准备入行的劳动者、家庭照护者",
        subject="elderly-care",
        occupation="4-10-01-05",
        level=5,
        who_pays=(WhoPays.PERSON,),
    )
    return courses.latest_curriculum(course_id=course_id)


def file_class(*, cast: Cast, curriculum: CurriculumVersion, now: datetime) -> int:
    """The class run is filed and running, the learners are on its roster; its id."""
    draft = ClassRunDraft(
        title=CLASS_TITLE,
        curriculum_id=curriculum.curriculum_id,
        programme_code="SME-GROUP",
        project_name="照护安全与移位技能",
        provider_id=cast.firms["provider"],
        employer_ids=(cast.firms["employer"],),
        payee_kind=PayeeKind.ENTERPRISE,
        payee_id=cast.firms["employer"],
        agreement_on=local_day(now - timedelta(days=FILED_DAYS_AGO + 2)),
        agreement_ref="SK-2026-0912",
        base_id=cast.firms["base"],
        trainer_ids=(cast.people["trainer"],),
        assessor_ids=(cast.people["assessor"],),
        starts_on=local_day(now - timedelta(days=STARTED_DAYS_AGO)),
        ends_on=local_day(now + timedelta(days=ENDS_IN_DAYS)),
        capacity=40,
        cost_fen=30_000,
        district="310115",
        place="东方路 2981 号 3 楼",
        order_gate=False,
    )
    return _file(draft, cast, filed_days_ago=FILED_DAYS_AGO, learners=LEARNERS, now=now)


def file_open_class(*, cast: Cast, curriculum: CurriculumVersion, now: datetime) -> int:
    """A filed class run that any worker may join by himself stands open; its id."""
    draft = ClassRunDraft(
        title=OPEN_CLASS_TITLE,
        curriculum_id=curriculum.curriculum_id,
        programme_code="IND-SKILL",
        project_name="居家照护入门",
        provider_id=cast.firms["provider"],
        employer_ids=(),
        payee_kind=PayeeKind.PERSON,
        base_id=cast.firms["base"],
        trainer_ids=(cast.people["trainer"],),
        assessor_ids=(cast.people["assessor"],),
        starts_on=local_day(now - timedelta(days=OPEN_STARTED_DAYS_AGO)),
        ends_on=local_day(now + timedelta(days=ENDS_IN_DAYS)),
        capacity=30,
        cost_fen=48_000,
        district="310115",
        place="东方路 2981 号 3 楼",
    )
    return _file(draft, cast, filed_days_ago=OPEN_FILED_DAYS_AGO, learners=(), now=now)


def file_checked_class(*, cast: Cast, curriculum: CurriculumVersion, now: datetime) -> int:
    """A filed class run whose hour rules ask for presence stands open for the neighbour's people; its id."""
    draft = ClassRunDraft(
        title=CHECKED_CLASS_TITLE,
        curriculum_id=curriculum.curriculum_id,
        programme_code="ENT-SKILL",
        project_name="居家照护入门",
        provider_id=cast.firms["provider"],
        employer_ids=(cast.firms["neighbour"],),
        payee_kind=PayeeKind.ENTERPRISE,
        base_id=cast.firms["base"],
        trainer_ids=(cast.people["trainer"],),
        assessor_ids=(cast.people["assessor"],),
        starts_on=local_day(now - timedelta(days=OPEN_STARTED_DAYS_AGO)),
        ends_on=local_day(now + timedelta(days=ENDS_IN_DAYS)),
        capacity=30,
        cost_fen=48_000,
        district="310115",
        place="东方路 2981 号 3 楼",
    )
    return _file(draft, cast, filed_days_ago=OPEN_FILED_DAYS_AGO, learners=CHECKED_LEARNERS, now=now)


def _file(draft: ClassRunDraft, cast: Cast, *, filed_days_ago: int, learners: Sequence[Player], now: datetime) -> int:
    """The class of that title stands filed, these learners of its firm on it; made once."""
    for known in enrolment.class_runs_for(organisation_id=draft.provider_id):
        if known.title == draft.title and known.filed_on:
            return known.class_run_id
    filed = now - timedelta(days=filed_days_ago)
    before = filed - timedelta(days=2)
    with transaction.atomic():
        run_id = enrolment.create_class_run(draft=draft, actor_id=cast.people["provider"], now=before).class_run_id
        for player in learners:
            enrolment.enrol(
                class_run_id=run_id, person_id=cast.people[player.key],
                employer_id=cast.firms[player.firm or "employer"],
                actor_id=cast.people["provider" if player.firm else "hr"], now=before,
            )  # fmt: skip
        enrolment.submit_filing(class_run_id=run_id, actor_id=cast.people["provider"], commitment=True, now=before)
        enrolment.accept_filing(class_run_id=run_id, officer_id=cast.people["officer"], now=filed, business_fit=True)
    return run_id


def _open_units() -> list[UnitDraft]:
    return [
        UnitDraft(
            mode=UnitMode.VIDEO, title="照护安全与职业防护", category=UnitCategory.SAFETY,
            unit_key=OPEN_UNITS["safety"], media_id=SAFETY_MEDIA, summary="进门环境五查，噎食、跌倒、烫伤的处理",
        ),
        UnitDraft(
            mode=UnitMode.PRACTICE, title="噎食与跌倒应急实操", category=UnitCategory.PRACTICE,
            unit_key=OPEN_UNITS["practice"], minutes=90, summary="在基地用模拟人练习，教师逐人纠正",
        ),
        UnitDraft(
            mode=UnitMode.ASSESSMENT, title="理论考核", unit_key=OPEN_UNITS["theory"], exam_kind=ExamKind.THEORY,
            pass_mark=60,
        ),
    ]  # fmt: skip


def _units() -> list[UnitDraft]:
    return [
        UnitDraft(
            mode=UnitMode.VIDEO, title="照护安全与职业防护", category=UnitCategory.SAFETY, unit_key=UNITS["safety"],
            media_id=SAFETY_MEDIA, summary="进门环境五查，噎食、跌倒、烫伤的处理",
        ),
        UnitDraft(
            mode=UnitMode.VIDEO, title="老年人体位转换与移位", category=UnitCategory.THEORY, unit_key=UNITS["moving"],
            media_id=MOVING_MEDIA, summary="翻身、坐起、站立与床椅移位的标准动作",
        ),
        UnitDraft(
            mode=UnitMode.LIVE, title="案例研讨：夜间照护", category=UnitCategory.THEORY, unit_key=UNITS["live"],
            minutes=90, summary="教师在线答疑，分析三个真实案例",
        ),
        UnitDraft(
            mode=UnitMode.PRACTICE, title="移位与轮椅转运实操", category=UnitCategory.PRACTICE,
            unit_key=UNITS["practice"], minutes=180, summary="在基地每人独立完成三次床椅移位",
        ),
        UnitDraft(
            mode=UnitMode.ASSESSMENT, title="理论考核", unit_key=UNITS["theory"], exam_kind=ExamKind.THEORY,
            pass_mark=60,
        ),
        UnitDraft(
            mode=UnitMode.ASSESSMENT, title="实操考核", unit_key=UNITS["skill"], exam_kind=ExamKind.PRACTICE,
            pass_mark=60,
        ),
    ]  # fmt: skip


def _firm(key: str, now: datetime) -> int:
    firm = next(item for item in FIRMS if item.key == key)
    known = [item for item in accounts.list_organisations() if item.name == firm.name]
    if known:
        return known[0].organisation_id
    return accounts.create_organisation(
        kind=firm.kind, name=firm.name, uscc=firm.uscc, district=firm.district, size_class=firm.size,
        account_name=firm.name if firm.account else "", account_bank=firm.bank, account_number=firm.account,
        address=firm.address, actor_id=None, now=now,
    ).organisation_id  # fmt: skip


def _account(player: Player, now: datetime) -> int:
    known = accounts.find_person_by_username(username=player.username)
    if known:
        return known.person_id
    return accounts.create_account(
        name=player.name, username=player.username, password=PASSWORD, id_number=player.id_number, mobile=player.mobile,
        is_staff=player.is_staff, actor_id=None, now=now,
    ).person_id  # fmt: skip


def _vouch_for(player: Player, people: Mapping[str, int], firms: Mapping[str, int], now: datetime) -> None:
    person_id = people[player.key]
    accounts.give_consent(person_id=person_id, subject=ConsentSubject.PLATFORM, language="zh-hans", now=now)
    accounts.check_at_desk(
        actor_id=people["desk"], id_type=IdType.RESIDENT_ID, id_number=player.id_number, name=player.name,
        card_seen=True, now=now,
    )  # fmt: skip
    accounts.record_status(
        person_id=person_id, actor_id=people["desk"], now=now, hukou="local", draws_pension=False, insured=True
    )
    accounts.add_employment(
        person_id=person_id, employer_id=firms[player.firm or "employer"], kind=EmploymentKind.CONTRACT,
        from_on=local_day(now - timedelta(days=400)), actor_id=people["hr"], now=now,
    )  # fmt: skip
