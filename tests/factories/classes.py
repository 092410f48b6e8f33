"""People, firms, courses and class runs for tests, built through the doors of the packages that own them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from courses.api import create_course, ensure_occupation, latest_curriculum
from courses.data import CurriculumVersion, ExamKind, OccupationKind, UnitCategory, UnitDraft, UnitMode, WhoPays
from lms.accounts.api import create_account, create_organisation, ensure_person, grant_role
from lms.accounts.data import OrganisationKind, Role, SizeClass
from lms.enrolment.api import accept_filing, create_class_run, enrol, get_class_run, roster_of, submit_filing
from lms.enrolment.data import ClassRunDraft, ClassRunFacts, EnrolmentFacts, PayeeKind
from lms.lib.localday import SHANGHAI

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_numbers = count(1)

OCCUPATION = "6-31-01-03"
PASSWORD = "Demo-learn-2026"


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """An instant by the clock of Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


FILING_DAY = date(2026, 3, 2)
FIRST_DAY = date(2026, 3, 9)
LAST_DAY = date(2026, 4, 24)
FILED_AT = at(FILING_DAY)


def id_number(sequence: int, *, birth: str = "19900307", region: str = "310115") -> str:
    """A synthetic number with a right check digit."""
    body = f"{region}{birth}{sequence % 1000:03d}"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


def mobile_number(sequence: int) -> str:
    return f"139{sequence:08d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everybody around a class. `hr_id` works for `employer_id`, `other_hr_id` for `other_employer_id`."""

    provider_id: int
    provider_admin_id: int
    employer_id: int
    hr_id: int
    other_employer_id: int
    other_hr_id: int
    base_id: int
    base_staff_id: int
    trainer_id: int
    assessor_id: int
    officer_id: int
    stranger_id: int


def make_account(username: str, name: str, *, now: datetime = FILED_AT) -> int:
    """A person who can sign in with PASSWORD."""
    return create_account(name=name, username=username, password=PASSWORD, actor_id=None, now=now).person_id


def make_learner(name: str, *, now: datetime = FILED_AT, sequence: int | None = None) -> int:
    """A person with a checked identity number and no account yet."""
    number = sequence if sequence is not None else next(_numbers)
    return ensure_person(
        name=name, id_number=id_number(number, birth=f"19{80 + number // 1000 % 20}0307"), actor_id=None, now=now
    ).person_id


def make_cast(*, now: datetime = FILED_AT) -> Cast:
    """A provider, two small firms, a base, an authority, and one person in each role."""
    kinds = OrganisationKind
    organisations = {
        name: create_organisation(
            kind=kind,
            name=title,
            uscc=uscc,
            district="310115",
            size_class=size,
            account_name=title,
            actor_id=None,
            now=now,
        ).organisation_id
        for name, kind, title, uscc, size in (
            ("provider", kinds.PROVIDER, "浦江职业技能培训学校", "52310101MJ90000149", None),
            ("employer", kinds.ENTERPRISE, "上海恒峰机电有限公司", "91310115MAE0A0015G", SizeClass.SMALL),
            ("other", kinds.ENTERPRISE, "上海申联制造有限公司", "91310104MAE0A0023D", SizeClass.LARGE),
            ("base", kinds.BASE, "闵行公共实训基地", "12310000425000014Y", None),
            ("authority", kinds.AUTHORITY, "浦东新区人力资源和社会保障局", "", None),
        )
    }
    people = {
        role: make_account(f"test-{role}", name, now=now)
        for role, name in (
            ("provider_admin", "何雯"),
            ("hr", "陈晓雯"),
            ("other_hr", "郑海燕"),
            ("base_staff", "马春雨"),
            ("trainer", "孙国强"),
            ("assessor", "吴志强"),
            ("officer", "方敏"),
            ("stranger", "胡军"),
        )
    }
    for person, organisation, role in (
        ("provider_admin", "provider", Role.PROVIDER_ADMIN),
        ("hr", "employer", Role.HR),
        ("other_hr", "other", Role.HR),
        ("base_staff", "base", Role.BASE_STAFF),
        ("trainer", "provider", Role.TRAINER),
        ("assessor", "provider", Role.ASSESSOR),
        ("officer", "authority", Role.OFFICER),
    ):
        grant_role(
            person_id=people[person],
            organisation_id=organisations[organisation],
            role=role,
            from_on=date(2026, 1, 1),
            actor_id=None,
            now=now,
        )
    return Cast(
        provider_id=organisations["provider"],
        employer_id=organisations["employer"],
        other_employer_id=organisations["other"],
        base_id=organisations["base"],
        provider_admin_id=people["provider_admin"],
        hr_id=people["hr"],
        other_hr_id=people["other_hr"],
        base_staff_id=people["base_staff"],
        trainer_id=people["trainer"],
        assessor_id=people["assessor"],
        officer_id=people["officer"],
        stranger_id=people["stranger"],
    )


def plan_units(*, live_minutes: int = 180, practice_minutes: int = 180) -> tuple[UnitDraft, ...]:
    """4 periods live, 4 of practice, both exams: a plan that needs no video and may be filed."""
    return (
        UnitDraft(
            mode=UnitMode.LIVE,
            title="安全用电",
            category=UnitCategory.SAFETY,
            minutes=live_minutes,
            unit_key="11111111-1111-4111-8111-111111111111",
        ),
        UnitDraft(
            mode=UnitMode.PRACTICE,
            title="低压线路安装与排故",
            category=UnitCategory.PRACTICE,
            minutes=practice_minutes,
            unit_key="22222222-2222-4222-8222-222222222222",
        ),
        UnitDraft(
            mode=UnitMode.ASSESSMENT,
            title="理论考核",
            exam_kind=ExamKind.THEORY,
            pass_mark=60,
            unit_key="33333333-3333-4333-8333-333333333333",
        ),
        UnitDraft(
            mode=UnitMode.ASSESSMENT,
            title="实操考核",
            exam_kind=ExamKind.PRACTICE,
            pass_mark=60,
            unit_key="44444444-4444-4444-8444-444444444444",
        ),
    )


LIVE_UNIT, PRACTICE_UNIT, THEORY_EXAM, PRACTICE_EXAM = (unit.unit_key for unit in plan_units())


def make_curriculum(
    cast: Cast,
    *,
    units: Sequence[UnitDraft] | None = None,
    slug: str = "dianye-si-ji",
    kind: OccupationKind = OccupationKind.SKILL,
    now: datetime = FILED_AT,
) -> CurriculumVersion:
    """A published course of the provider and its frozen curriculum."""
    ensure_occupation(code=OCCUPATION, name="电工", kind=kind)
    course_id = create_course(
        slug=slug,
        title="电工(四级)",
        organisation_id=cast.provider_id,
        author_id=cast.trainer_id,
        units=plan_units() if units is None else units,
        intro="从安全用电到低压线路的安装与排故。",
        occupation=OCCUPATION,
        level=4,
        who_pays=(WhoPays.FIRM, WhoPays.PERSON),
        now=now,
    )
    return latest_curriculum(course_id=course_id)


def class_draft(cast: Cast, curriculum: CurriculumVersion, **changes: Any) -> ClassRunDraft:
    """Centralised training for one small firm, money to the provider, unless `changes` say otherwise."""
    draft = ClassRunDraft(
        title="电工(四级)2026 春季 1 班",
        curriculum_id=curriculum.curriculum_id,
        programme_code="SME-GROUP",
        provider_id=cast.provider_id,
        employer_ids=(cast.employer_id,),
        payee_kind=PayeeKind.PROVIDER,
        agreement_on=FILING_DAY - timedelta(days=1),
        agreement_ref="XY-2026-018",
        base_id=cast.base_id,
        trainer_ids=(cast.trainer_id,),
        assessor_ids=(cast.assessor_id,),
        starts_on=FIRST_DAY,
        ends_on=LAST_DAY,
        cost_fen=60_000,
        district="310115",
        place="闵行公共实训基地 2 号车间",
    )
    return replace(draft, **changes)


def open_draft(cast: Cast, curriculum: CurriculumVersion, **changes: Any) -> ClassRunDraft:
    """A class that workers join by themselves."""
    return class_draft(
        cast,
        curriculum,
        **{
            "title": "电工(四级)社会班",
            "programme_code": "IND-SKILL",
            "payee_kind": PayeeKind.PERSON,
            "employer_ids": (),
            "agreement_on": None,
            "agreement_ref": "",
            **changes,
        },
    )


def make_class_run(
    cast: Cast, *, curriculum: CurriculumVersion | None = None, now: datetime = FILED_AT, **changes: Any
) -> ClassRunFacts:
    """A class run as a draft."""
    plan = curriculum or make_curriculum(cast, now=now)
    return create_class_run(draft=class_draft(cast, plan, **changes), actor_id=cast.provider_admin_id, now=now)


def make_open_class(
    cast: Cast, *, curriculum: CurriculumVersion | None = None, now: datetime = FILED_AT, **changes: Any
) -> ClassRunFacts:
    """A filed class that workers may join by themselves."""
    plan = curriculum or make_curriculum(cast, now=now)
    run = create_class_run(draft=open_draft(cast, plan, **changes), actor_id=cast.provider_admin_id, now=now)
    return file_class_run(cast, run.class_run_id, now=now)


def add_learners(
    cast: Cast, class_run_id: int, names: Sequence[str] = ("李秀兰",), *, now: datetime = FILED_AT
) -> tuple[EnrolmentFacts, ...]:
    """New people of the first employer on the roster."""
    return tuple(
        enrol(
            class_run_id=class_run_id,
            person_id=make_learner(name, now=now),
            employer_id=cast.employer_id,
            actor_id=cast.hr_id,
            now=now,
        )
        for name in names
    )


def file_class_run(cast: Cast, class_run_id: int, *, now: datetime = FILED_AT) -> ClassRunFacts:
    """Submitted by the provider and accepted by the officer, filed on the day of `now`."""
    submit_filing(class_run_id=class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=now)
    accept_filing(class_run_id=class_run_id, officer_id=cast.officer_id, now=now)
    return get_class_run(class_run_id=class_run_id)


def make_filed_class(
    cast: Cast,
    *,
    names: Sequence[str] = ("李秀兰",),
    curriculum: CurriculumVersion | None = None,
    now: datetime = FILED_AT,
    **changes: Any,
) -> tuple[ClassRunFacts, tuple[EnrolmentFacts, ...]]:
    """A filed class run with these people of the first employer on its roster, and their enrolments after filing."""
    run = make_class_run(cast, curriculum=curriculum, now=now, **changes)
    add_learners(cast, run.class_run_id, names, now=now)
    filed = file_class_run(cast, run.class_run_id, now=now)
    return filed, roster_of(class_run_id=run.class_run_id)
