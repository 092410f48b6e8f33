from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from courses.data import CurriculumVersion
from lms.accounts.api import find_person_by_id_number
from lms.enrolment.api import enrolments_of, filings_of, find_class_run, get_class_run, roster_of
from lms.enrolment.data import ClassRunFacts, ClassRunState, PayeeKind, RowVerdict, Verdict
from lms.enrolment.models import ClassRun, Enrolment, RosterImport
from lms.lib.localday import local_day
from tests.factories.classes import (
    Cast,
    add_learners,
    at,
    file_class_run,
    id_number,
    make_account,
    make_cast,
    make_class_run,
    make_curriculum,
    make_open_class,
)
from tests.packages.enrolment.test_roster_import import HEAD, workbook

pytestmark = pytest.mark.django_db
TODAY = local_day(timezone.now())
BEFORE = at(TODAY - timedelta(days=3))
DATES: dict[str, Any] = {
    "starts_on": TODAY + timedelta(days=3),
    "ends_on": TODAY + timedelta(days=40),
    "agreement_on": TODAY - timedelta(days=10),
}


def signed_in(person_id: int) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(get_user_model().objects.get(pk=person_id))
    return client


def draft_class(cast: Cast, **changes: Any) -> ClassRunFacts:
    return make_class_run(cast, now=BEFORE, **{**DATES, **changes})


def form_values(cast: Cast, **changes: str) -> dict[str, Any]:
    return {
        "title": "电工(四级)春季 2 班",
        "programme_code": "SME-GROUP",
        "payee_kind": "provider",
        "agreement_ref": "XY-1",
        "agreement_on": DATES["agreement_on"].isoformat(),
        "employers": "91310115MAE0A0015G",
        "starts_on": DATES["starts_on"].isoformat(),
        "ends_on": DATES["ends_on"].isoformat(),
        "capacity": "30",
        "cost": "580.50",
        "base_id": str(cast.base_id),
        "place": "2 号车间",
        "district": "310115",
        "trainer_ids": [str(cast.trainer_id)],
        "assessor_ids": [str(cast.assessor_id)],
        "business_note": "",
        **changes,
    }


def xlsx(*rows: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("名单.xlsx", workbook(HEAD, *rows))


def test_from_the_form_to_the_filed_class_on_pages_alone() -> None:
    cast = make_cast(now=BEFORE)
    plan: CurriculumVersion = make_curriculum(cast, now=BEFORE)
    provider, hr, officer = (signed_in(one) for one in (cast.provider_admin_id, cast.hr_id, cast.officer_id))

    chooser = provider.get(reverse("enrolment:new"))
    made = provider.post(f"{reverse('enrolment:new')}?course={plan.course_id}", form_values(cast))
    number = ClassRun.objects.get().number
    run = find_class_run(number=number)
    assert run is not None
    address = reverse("enrolment:class", args=[run.class_run_id])
    added = hr.post(
        reverse("enrolment:add_person", args=[run.class_run_id]),
        {
            "name": "李秀兰",
            "id_number": id_number(801),
            "mobile": "13800006207",
            "employer_id": str(cast.employer_id),
            "told": "on",
        },
    )
    checked = provider.get(reverse("enrolment:file", args=[run.class_run_id]))
    provider.post(reverse("enrolment:file", args=[run.class_run_id]), {"commitment": "yes"})
    inbox = officer.get(reverse("enrolment:inbox"))
    officer.post(reverse("enrolment:decide", args=[run.class_run_id]), {"verdict": "accept", "business_fit": "yes"})

    assert plan.title in chooser.content.decode()
    assert (made.status_code, made["Location"]) == (302, address)
    assert (run.cost_fen, run.capacity, run.payee_kind, run.payee_id) == (
        58_050,
        30,
        PayeeKind.PROVIDER,
        cast.provider_id,
    )
    assert added.status_code == 302
    assert checked.context["missing"] == []
    assert number in inbox.content.decode()
    filed = get_class_run(class_run_id=run.class_run_id)
    assert (filed.state, filed.filed_on, filed.business_fit) == (ClassRunState.FILED, TODAY, True)
    for client in (provider, hr, officer):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_on": (DATES["starts_on"] - timedelta(days=1)).isoformat()}, "before it starts"),
        ({"starts_on": "soon"}, "date"),
        ({"cost": "12.345"}, "yuan"),
        ({"cost": "1e3"}, "yuan"),
        ({"employers": "91310115MAE0A0015G, 123"}, "123"),
        ({"employers": ""}, "employer"),
        ({"capacity": "0"}, "1"),
        ({"trainer_ids": ["999999"]}, "999999"),
        ({"payee_kind": "everybody"}, "everybody"),
        ({"title": ""}, "required"),
    ],
)
def test_bad_input_comes_back_with_what_to_do(changes: dict[str, str], words: str) -> None:
    cast = make_cast(now=BEFORE)
    plan = make_curriculum(cast, now=BEFORE)
    provider = signed_in(cast.provider_admin_id)

    answer = provider.post(f"{reverse('enrolment:new')}?course={plan.course_id}", form_values(cast, **changes))

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert ClassRun.objects.count() == 0


def test_a_draft_is_changed_and_a_filed_class_is_not() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast)
    add_learners(cast, run.class_run_id, now=BEFORE)
    provider = signed_in(cast.provider_admin_id)
    address = reverse("enrolment:edit", args=[run.class_run_id])

    shown = provider.get(address)
    changed = provider.post(address, form_values(cast, title="新名称"))
    file_class_run(cast, run.class_run_id, now=timezone.now())
    late = provider.post(address, form_values(cast, title="再改"))

    assert "91310115MAE0A0015G" in shown.content.decode()
    assert f'value="{DATES["starts_on"].isoformat()}"' in shown.content.decode()
    assert (changed.status_code, late.status_code) == (302, 404)
    assert get_class_run(class_run_id=run.class_run_id).title == "新名称"


def test_the_filing_page_names_everything_that_is_missing() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast, trainer_ids=(), agreement_on=None)
    provider = signed_in(cast.provider_admin_id)

    page = provider.get(reverse("enrolment:file", args=[run.class_run_id]))
    forced = provider.post(reverse("enrolment:file", args=[run.class_run_id]), {"commitment": "yes"}, follow=True)

    assert [one["code"] for one in page.context["missing"]] == ["SG-02", "", ""]
    assert "SG-02" in forced.content.decode()
    assert filings_of(class_run_id=run.class_run_id) == ()


def test_the_officer_returns_with_a_reason_that_the_provider_reads() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast)
    add_learners(cast, run.class_run_id, now=BEFORE)
    provider, officer = signed_in(cast.provider_admin_id), signed_in(cast.officer_id)
    decide = reverse("enrolment:decide", args=[run.class_run_id])
    provider.post(reverse("enrolment:file", args=[run.class_run_id]), {"commitment": "yes"})

    officer.post(decide, {"verdict": "maybe"})
    officer.post(decide, {"verdict": "return", "reason": ""})
    assert get_class_run(class_run_id=run.class_run_id).state is ClassRunState.SUBMITTED
    officer.post(decide, {"verdict": "return", "reason": "费用依据不足"})

    (filing,) = filings_of(class_run_id=run.class_run_id)
    assert (filing.verdict, filing.reason) == (Verdict.RETURNED, "费用依据不足")
    assert "费用依据不足" in provider.get(reverse("enrolment:class", args=[run.class_run_id])).content.decode()


def test_a_firm_sees_its_own_people_only_and_strangers_see_nothing() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast, employer_ids=(cast.employer_id, cast.other_employer_id))
    add_learners(cast, run.class_run_id, ("李秀兰",), now=BEFORE)
    address = reverse("enrolment:class", args=[run.class_run_id])

    pages = {
        name: signed_in(person).get(address)
        for name, person in (
            ("own", cast.hr_id),
            ("other", cast.other_hr_id),
            ("provider", cast.provider_admin_id),
            ("officer", cast.officer_id),
            ("trainer", cast.trainer_id),
            ("base", cast.base_staff_id),
            ("stranger", cast.stranger_id),
        )
    }

    assert {name: page.status_code for name, page in pages.items()} == {
        "own": 200,
        "other": 200,
        "provider": 200,
        "officer": 404,  # a draft is nobody's business but of those who write it
        "trainer": 200,
        "base": 200,
        "stranger": 404,
    }
    sees = {name for name, page in pages.items() if "李秀兰" in page.content.decode()}
    assert sees == {"own", "provider", "trainer", "base"}
    assert "恒峰" not in pages["other"].content.decode()


def test_every_door_of_a_class_is_closed_to_the_wrong_person() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast)
    (learner,) = add_learners(cast, run.class_run_id, now=BEFORE)
    wrong = (cast.other_hr_id, cast.trainer_id, cast.stranger_id, cast.assessor_id)
    gets = ("enrolment:edit", "enrolment:file", "enrolment:add_person", "enrolment:upload")
    posts = (*gets, "enrolment:cancel", "enrolment:decide")

    for person in wrong:
        client = signed_in(person)
        for name in gets:
            assert client.get(reverse(name, args=[run.class_run_id])).status_code == 404, name
        for name in posts:
            values = {"commitment": "yes", "reason": "x", "verdict": "accept"}
            assert client.post(reverse(name, args=[run.class_run_id]), values).status_code == 404, name
        drop = reverse("enrolment:drop_person", args=[run.class_run_id, learner.enrolment_id])
        assert client.post(drop, {"reason": "x"}).status_code == 404
        assert client.get(reverse("enrolment:class", args=[10**9])).status_code == 404
    assert signed_in(cast.hr_id).post(reverse("enrolment:decide", args=[run.class_run_id])).status_code == 404
    assert signed_in(cast.stranger_id).get(reverse("enrolment:index")).status_code == 404
    assert signed_in(cast.stranger_id).get(reverse("enrolment:new")).status_code == 404
    assert signed_in(cast.hr_id).get(reverse("enrolment:inbox")).status_code == 404
    assert Client().get(reverse("enrolment:index")).status_code == 302
    assert len(roster_of(class_run_id=run.class_run_id)) == 1


def test_lists_show_what_each_person_has_to_do_with() -> None:
    cast = make_cast(now=BEFORE)
    plan = make_curriculum(cast, now=BEFORE)
    draft = draft_class(cast, curriculum=plan, title="还是草稿")
    running = draft_class(cast, curriculum=plan, title="已经备案")
    add_learners(cast, running.class_run_id, now=BEFORE)
    file_class_run(cast, running.class_run_id, now=BEFORE)

    def titles(person_id: int, state: str = "") -> list[str]:
        page = signed_in(person_id).get(reverse("enrolment:index"), {"state": state})
        return sorted(card["run"].title for card in page.context["cards"])

    assert titles(cast.hr_id) == titles(cast.provider_admin_id) == sorted([draft.title, running.title])
    assert titles(cast.officer_id) == [running.title]
    assert titles(cast.other_hr_id) == []
    assert titles(cast.hr_id, "draft") == [draft.title]
    assert titles(cast.hr_id, "filed") == [running.title]
    assert titles(cast.hr_id, "running") == titles(cast.hr_id, "over") == []
    assert titles(cast.hr_id, "'; --") == sorted([draft.title, running.title])


def test_the_list_asks_the_same_number_of_questions_for_one_class_and_for_ten(
    django_assert_max_num_queries: Any,
) -> None:
    cast = make_cast(now=BEFORE)
    plan = make_curriculum(cast, now=BEFORE)
    for _n in range(10):
        draft_class(cast, curriculum=plan)
    client = signed_in(cast.provider_admin_id)
    client.get(reverse("enrolment:index"))

    with django_assert_max_num_queries(30):
        page = client.get(reverse("enrolment:index"))

    assert len(page.context["cards"]) == 10


def test_a_person_with_a_wrong_check_digit_is_refused_beside_the_field() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast)
    hr = signed_in(cast.hr_id)
    address = reverse("enrolment:add_person", args=[run.class_run_id])
    right = id_number(801)
    wrong = right[:17] + ("1" if right[17] != "1" else "2")
    values = {"name": "李秀兰", "id_number": wrong, "mobile": "13800006207", "employer_id": str(cast.employer_id)}

    bad = hr.post(address, {**values, "told": "on"})
    untold = hr.post(address, {**values, "id_number": right})
    foreign = hr.post(address, {**values, "id_number": right, "told": "on", "employer_id": str(cast.other_employer_id)})

    assert [one.status_code for one in (bad, untold, foreign)] == [400, 400, 400]
    assert "id_number" in bad.context["form"].errors
    assert Enrolment.objects.count() == 0
    assert find_person_by_id_number(id_number=right) is None


def test_a_list_is_uploaded_mended_confirmed_and_its_faults_downloaded() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast)
    hr = signed_in(cast.hr_id)
    good, second = id_number(811), id_number(812)
    file = xlsx(("李秀兰", good, "13800000001"), ("赵 鹏", "12345", "13800000002"), ("周敏", second[:17], "1380"))
    uploaded = hr.post(
        reverse("enrolment:upload", args=[run.class_run_id]), {"file": file, "employer_id": str(cast.employer_id)}
    )
    kept = RosterImport.objects.get()
    address = reverse("enrolment:import", args=[kept.pk])

    shown = hr.get(address)
    line = hr.get(reverse("enrolment:mend", args=[kept.pk, 3]))
    hr.post(
        reverse("enrolment:mend", args=[kept.pk, 3]),
        {"name": "赵鹏", "id_number": second, "mobile": "13800000002"},
    )
    untold = hr.post(reverse("enrolment:confirm_import", args=[kept.pk]), {}, follow=True)
    assert Enrolment.objects.count() == 0
    done = hr.post(reverse("enrolment:confirm_import", args=[kept.pk]), {"told_people": "yes"}, follow=True)
    book = load_workbook(io.BytesIO(hr.get(reverse("enrolment:faults", args=[kept.pk])).content))

    assert (uploaded.status_code, uploaded["Location"]) == (302, address)
    assert good not in shown.content.decode()
    assert second[:17] not in shown.content.decode()
    assert "12345" in line.content.decode()
    assert "told" in untold.content.decode()
    assert [row["facts"].verdict for row in done.context["page"].items] == [
        RowVerdict.IMPORTED,
        RowVerdict.IMPORTED,
        RowVerdict.FAULTY,
    ]
    assert len(roster_of(class_run_id=run.class_run_id)) == 2
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[2]][:3] == ["周敏", second[:17], "1380"]


def test_imports_are_nobody_elses_business() -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast, employer_ids=(cast.employer_id, cast.other_employer_id))
    signed_in(cast.hr_id).post(
        reverse("enrolment:upload", args=[run.class_run_id]),
        {"file": xlsx(("赵鹏", "12345", "13800000002")), "employer_id": str(cast.employer_id)},
    )
    kept = RosterImport.objects.get()

    for person in (cast.other_hr_id, cast.officer_id, cast.trainer_id, cast.stranger_id):
        client = signed_in(person)
        for name, args in (("import", []), ("faults", []), ("mend", [2])):
            assert client.get(reverse(f"enrolment:{name}", args=[kept.pk, *args])).status_code == 404
        for name, args in (("confirm_import", []), ("mend", [2])):
            address = reverse(f"enrolment:{name}", args=[kept.pk, *args])
            assert client.post(address, {"told_people": "yes"}).status_code == 404
        foreign = client.post(
            reverse("enrolment:upload", args=[run.class_run_id]),
            {"file": xlsx(("赵鹏", "12345", "13800000002")), "employer_id": str(cast.employer_id)},
        )
        assert foreign.status_code in {400, 404}
    assert RosterImport.objects.count() == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", "姓名,证件号码".encode()])
def test_a_file_that_is_no_workbook_comes_back_in_words(content: bytes) -> None:
    cast = make_cast(now=BEFORE)
    run = draft_class(cast)

    answer = signed_in(cast.hr_id).post(
        reverse("enrolment:upload", args=[run.class_run_id]),
        {"file": SimpleUploadedFile("x.xlsx", content), "employer_id": str(cast.employer_id)},
    )

    assert answer.status_code == 400
    assert RosterImport.objects.count() == 0


def test_the_template_is_for_everybody_signed_in() -> None:
    cast = make_cast(now=BEFORE)

    answer = signed_in(cast.hr_id).get(reverse("enrolment:template"))

    assert load_workbook(io.BytesIO(answer.content)).worksheets[0]["A1"].value == "姓名"
    assert Client().get(reverse("enrolment:template")).status_code == 302


def test_a_worker_finds_an_open_class_joins_it_and_leaves_it() -> None:
    cast = make_cast(now=BEFORE)
    plan = make_curriculum(cast, now=BEFORE)
    run = make_open_class(
        cast, curriculum=plan, now=BEFORE, starts_on=DATES["starts_on"], ends_on=DATES["ends_on"], capacity=1
    )
    closed = draft_class(cast, curriculum=plan)
    me = make_account("worker-he", "何伟", now=BEFORE)
    worker, other = signed_in(me), signed_in(cast.stranger_id)
    address = reverse("enrolment:open_classes", args=[plan.course_id])

    public = Client().get(address)
    worker.post(reverse("enrolment:join", args=[run.class_run_id]))
    full = other.post(reverse("enrolment:join", args=[run.class_run_id]), follow=True)
    (mine,) = enrolments_of(person_id=me)
    foreign = other.post(reverse("enrolment:leave", args=[mine.enrolment_id]))
    shown = worker.get(address)
    worker.post(reverse("enrolment:leave", args=[mine.enrolment_id]))

    assert run.title in public.content.decode()
    assert closed.title not in public.content.decode()
    assert (mine.employer_id, mine.payer_kind, mine.on_roster) == (None, PayeeKind.PERSON, True)
    assert "All 1 places are taken" in full.content.decode()
    assert foreign.status_code == 404
    assert [row["mine"] for row in shown.context["rows"]] == [mine]
    assert enrolments_of(person_id=me)[0].on_roster is False
    assert worker.post(reverse("enrolment:join", args=[closed.class_run_id])).status_code == 404
    assert worker.get(reverse("enrolment:open_classes", args=[10**9])).status_code == 404


def test_the_course_page_shows_open_classes_who_pays_and_the_way_in() -> None:
    cast = make_cast(now=BEFORE)
    plan = make_curriculum(cast, now=BEFORE)
    address = plan.course_url
    assert "No class is open now" in Client(headers={"Accept-Language": "en"}).get(address).content.decode()
    run = make_open_class(cast, curriculum=plan, now=BEFORE, starts_on=DATES["starts_on"], ends_on=DATES["ends_on"])
    cache.clear()
    me = make_account("worker-he", "何伟", now=BEFORE)
    there = reverse("enrolment:open_classes", args=[plan.course_id])

    visitor = Client(headers={"Accept-Language": "en"}).get(address).content.decode()
    member = signed_in(me).get(address).content.decode()

    for page in (visitor, member):
        for words in (run.title, "You pay", f"{run.capacity} / {run.capacity}"):
            assert words in page, words
    assert f"{reverse('accounts:register')}?next={there}" in visitor
    assert "csrfmiddlewaretoken" not in visitor
    assert f'action="{reverse("enrolment:join", args=[run.class_run_id])}"' in member
    assert reverse("accounts:register") not in member
