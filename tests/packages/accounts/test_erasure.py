"""Erasure asked for, taken back, carried out; by two runs at once, by a run that dies, and never without a reason."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from lms.accounts import api, erasure
from lms.accounts.data import Kept, OrganisationKind, Role, UnableToErase, UnknownPerson
from lms.accounts.models import AuditEvent, Consent, Erasure, MobileChange, Person
from lms.accounts.retention import rule
from lms.lib.canonical import commitment
from lms.lib.localday import local_day
from tests.children import child
from tests.factories.traces import traces_in_tables

from .given import LI, NOW, PASSWORD, WANG, ZHANG, registered, staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AFTER = NOW + 4 * DAY


def asked(name: str = "张三", id_number: str = ZHANG, mobile: str = "13800138000", *, now: datetime = NOW) -> int:
    person_id = registered(name, id_number, mobile, now=now).person_id
    api.request_erasure(person_id=person_id, confirmation=id_number[-4:], language="zh-hans", now=now)
    return person_id


def test_without_the_own_number_nothing_is_asked_for() -> None:
    person_id = registered().person_id

    for wrong in ("", "0000", ZHANG[-5:], "'; DROP TABLE accounts_person; --", "<script>", "\u0000"):
        with pytest.raises(UnableToErase):
            api.request_erasure(person_id=person_id, confirmation=wrong, language="zh-hans", now=NOW)

    assert Erasure.objects.count() == 0
    assert Person.objects.get(pk=person_id).consent_withdrawn_at is None


def test_three_days_for_second_thoughts_then_the_person_is_gone() -> None:
    person_id = asked()
    waiting = api.erasure_of(person_id=person_id)

    early = [api.erase_due(now=NOW + days * DAY).erased for days in (0, 1, 2, 3)]
    late = api.erase_due(now=AFTER)

    assert waiting is not None
    assert waiting.due_on == local_day(NOW) + 4 * DAY
    assert early == [0, 0, 0, 0]
    assert late.erased == 1
    person = Person.objects.get(pk=person_id)
    assert (person.name, person.id_number, person.mobile, person.id_index, person.salt) == ("", "", "", None, "")
    assert traces_in_tables(("张三", ZHANG, "13800138000")) == []


def test_whoever_takes_it_back_stays_and_may_ask_again() -> None:
    person_id = asked()

    assert api.take_back_erasure(person_id=person_id, now=NOW + DAY) is True
    assert api.take_back_erasure(person_id=person_id, now=NOW + DAY) is False
    assert api.erase_due(now=AFTER).erased == 0
    again = api.request_erasure(person_id=person_id, confirmation=ZHANG[-4:], language="en", now=AFTER)

    assert again.due_on == local_day(AFTER) + 4 * DAY
    actions = AuditEvent.objects.filter(object_id=str(person_id)).order_by("id").values_list("action", flat=True)
    assert [one for one in actions if "erasure" in one] == ["ask_erasure", "take_back_erasure", "ask_erasure"]


def test_at_once_goes_what_nobody_needs_and_nothing_else() -> None:
    person_id = registered().person_id
    api.set_email(person_id=person_id, email="zhang@example.cn", now=NOW)
    api.request_erasure(person_id=person_id, confirmation="9028", language="zh-hans", now=NOW)

    person = Person.objects.get(pk=person_id)

    assert (person.email, person.name, person.id_number, person.mobile) == ("", "张三", ZHANG, "13800138000")
    assert person.consent_withdrawn_at == NOW
    assert set(Consent.objects.filter(person=person).values_list("ip", flat=True)) == {""}
    assert person.check_password(PASSWORD)


def test_a_role_is_laid_down_first_and_its_record_kept_six_years() -> None:
    officer = staff(Role.OFFICER, username="officer1", name="方敏", kind=OrganisationKind.AUTHORITY)
    api.request_erasure(person_id=officer.person_id, confirmation="officer1", language="zh-hans", now=NOW)
    held = erasure.erasure_plan(person_id=officer.person_id, asked_on=local_day(NOW), today=local_day(NOW))
    (role,) = api.roles_of(person_id=officer.person_id, day=local_day(NOW))

    api.end_role(
        person_id=officer.person_id, organisation_id=role.organisation_id, role=Role.OFFICER, to_on=local_day(AFTER),
        actor_id=None, now=AFTER,
    )  # fmt: skip
    ended = erasure.erasure_plan(person_id=officer.person_id, asked_on=local_day(NOW), today=local_day(AFTER))

    assert (held.kept[0].rule, held.due_on) == ("role_held", None)
    assert [(one.rule, one.until) for one in ended.kept] == [("role_archive", date(2032, 3, 6))]
    assert api.erase_due(now=datetime(2032, 3, 6, 12, tzinfo=NOW.tzinfo)).erased == 0
    assert api.erase_due(now=datetime(2032, 3, 7, 12, tzinfo=NOW.tzinfo)).erased == 1


def test_the_erased_cannot_come_in_and_the_same_number_may_register_anew(client: Client) -> None:
    person_id = asked()
    client.force_login(Person.objects.get(pk=person_id))
    token = api.issue_token(identifier="13800138000", password=PASSWORD, user_agent="x", now=NOW)

    api.erase_due(now=AFTER)

    assert client.get("/accounts/me/").status_code == 302
    assert client.get("/home/", headers={"Authorization": f"Bearer {token.token}"}).status_code == 302
    answer = client.post("/accounts/login/", {"tab": "password", "identifier": "13800138000", "password": PASSWORD})
    assert answer.status_code == 400
    assert registered(now=AFTER).person_id != person_id
    with pytest.raises(UnknownPerson):
        api.request_erasure(person_id=person_id, confirmation="", language="en", now=AFTER)


def test_people_from_old_rosters_who_never_came_are_erased_after_six_years() -> None:
    never = api.ensure_person(name="李四", id_number=WANG, mobile="13900001111", actor_id=None, now=NOW).person_id
    came = registered("王五", LI, "13800138001").person_id

    assert api.erase_due(now=datetime(2032, 3, 2, 12, tzinfo=NOW.tzinfo)).erased == 0
    listed = api.erase_due(now=datetime(2032, 3, 3, 12, tzinfo=NOW.tzinfo))
    run = api.erase_due(now=datetime(2032, 3, 8, 12, tzinfo=NOW.tzinfo))

    assert (listed.erased, run.erased) == (0, 1)
    assert Person.objects.get(pk=never).erased_at is not None
    assert Person.objects.get(pk=came).erased_at is None


def test_whoever_came_back_with_a_backup_is_erased_again() -> None:
    person_id = registered().person_id

    first = erasure.erase_again(person_ids=[person_id, 10**9], now=NOW)
    second = erasure.erase_again(person_ids=[person_id], now=NOW)

    assert (first, second) == (1, 0)
    assert api.erase_due(now=AFTER).erased == 1


def test_a_failure_concerns_one_person_and_the_next_run_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = asked(), asked("李四", WANG, "13900001111")

    def stumble(person_id: int, _now: datetime) -> None:
        if person_id == first:
            raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(erasure, "_PARTS", dict(erasure._PARTS))
        api.register_erasure(section="stumbles", when_due=stumble)
        run = api.erase_due(now=AFTER)
    again = api.erase_due(now=AFTER)

    assert (run.erased, run.failed) == (1, 1)
    assert Person.objects.get(pk=second).name == ""
    assert (again.erased, again.failed) == (1, 0)
    assert Person.objects.get(pk=first).name == ""


def test_something_that_still_runs_holds_everything_back(monkeypatch: pytest.MonkeyPatch) -> None:
    person_id = asked()
    running = [Kept(rule="claim_running", subject="SL-2026-000001", until=None)]

    with monkeypatch.context() as patched:
        patched.setattr(erasure, "_PARTS", dict(erasure._PARTS))
        api.register_erasure(section="runs", keep=lambda _person_id: running)
        held = api.erase_due(now=AFTER)
        running[:] = [Kept(rule="claim_archive", subject="", until=local_day(AFTER))]
        last_day = api.erase_due(now=AFTER + timedelta(hours=1))
        day_after = api.erase_due(now=AFTER + DAY)

    assert (held.erased, last_day.erased, day_after.erased) == (0, 0, 1)
    assert api.erasure_of(person_id=person_id) is not None


@pytest.mark.django_db(transaction=True)
def test_two_requests_and_two_runs_at_once_come_to_one() -> None:
    person_id = registered().person_id
    asked_for, erased = [], []

    def ask() -> None:
        found = api.request_erasure(person_id=person_id, confirmation="9028", language="en", now=NOW)
        asked_for.append(found)
        connection.close()

    def run() -> None:
        erased.append(api.erase_due(now=AFTER).erased)
        connection.close()

    for work in (ask, run):
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(set(asked_for)) == 1
    assert sum(erased) == 1
    assert AuditEvent.objects.filter(action="erase_person").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_inside_a_person_leaves_that_person_whole_and_the_next_run_ends_it() -> None:
    first, second, third = asked(), asked("李四", WANG, "13900001111"), asked("王五", LI, "13900002222")

    with child("tests.packages.accounts.eraser", AFTER.isoformat()):
        pass  # it said that it stands inside the second person, and is killed there

    assert Person.objects.get(pk=first).erased_at is not None
    untouched = Person.objects.get(pk=second)
    assert (untouched.name, untouched.id_number, untouched.mobile) == ("李四", WANG, "13900001111")
    assert Person.objects.get(pk=third).erased_at is None
    assert api.erase_due(now=AFTER).erased == 2
    assert traces_in_tables((ZHANG, WANG, LI, "13800138000", "13900001111", "13900002222")) == []


def test_a_commitment_opens_until_the_person_is_erased_and_no_guess_fits_it() -> None:
    person_id = asked()
    value = {"name": "张三", "id": ZHANG}
    made = api.commit_to(person_id=person_id, value=value, now=NOW)
    again = api.commit_to(person_id=person_id, value=value, now=NOW)
    opened = api.open_commitments(commitments=(made,))[made]

    assert made != again
    assert (opened.person_id, opened.value) == (person_id, value)
    assert len(bytes.fromhex(opened.salt)) == 32
    assert commitment(opened.value, salt=opened.salt) == made
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM accounts_personalvalue")
        assert all(ZHANG not in stored for (stored,) in cursor.fetchall())
    api.erase_due(now=AFTER)
    assert api.open_commitments(commitments=(made, again)) == {}


def test_personal_words_can_only_be_emptied_and_facts_not_at_all() -> None:
    person_id = asked()
    consent = Consent.objects.filter(person_id=person_id)
    consent.update(ip="")

    for change in ({"ip": "10.0.0.1"}, {"given": False}, {"ip": "", "given": False}):
        with pytest.raises(DatabaseError), transaction.atomic():
            consent.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        MobileChange.objects.filter(pk=0).update(reason="lost")


def test_the_database_refuses_an_erased_person_with_anything_left() -> None:
    person_id = asked()

    with pytest.raises(DatabaseError, match="person_erased_is_empty"), transaction.atomic():
        Person.objects.filter(pk=person_id).update(erased_at=NOW)


def test_each_person_has_a_salt_of_their_own() -> None:
    people = [registered(), registered("李四", WANG, "13900001111")]

    salts = {Person.objects.get(pk=one.person_id).salt for one in people}

    assert len(salts) == 2
    assert {len(bytes.fromhex(salt)) for salt in salts} == {32}
    assert people[0].salt not in repr(people[0])


def test_retention_rules_name_their_source_and_both_languages() -> None:
    assert rule("training_archive").until(date(2026, 4, 24)) == date(2032, 4, 24)
    assert rule("claim_archive").until(date(2026, 2, 28)) == date(2036, 2, 28)
    assert rule("second_thoughts").until(date(2026, 12, 30)) == date(2027, 1, 2)
    assert "6 年" in rule("training_archive").zh
    with pytest.raises(KeyError):
        rule("for_ever")


def test_the_page_says_what_is_kept_asks_for_the_number_and_gives_the_way_back(client: Client) -> None:
    person = Person.objects.get(pk=registered().person_id)
    client.force_login(person)
    english = {"Accept-Language": "en"}

    before = client.get("/accounts/me/erase/", headers=english).content.decode()
    wrong = client.post("/accounts/me/erase/", {"confirmation": "<b>1234"}, headers=english).content.decode()
    client.post("/accounts/me/erase/", {"confirmation": "9028"})
    after = client.get("/accounts/me/erase/", headers=english).content.decode()
    mine = client.get("/accounts/me/", headers=english).content.decode()
    learning = client.get("/home/")
    client.post("/accounts/me/erase/take-back/")

    assert "3 days for second thoughts" in before
    assert "last four characters of your ID number" in before
    assert "This does not fit" in wrong
    assert "<b>1234" not in wrong
    assert "You will be erased on" in after
    assert "asked for; carried out on" in mine
    assert learning.status_code == 302
    assert api.erasure_of(person_id=person.pk) is None


def test_operators_see_who_waits_and_why_and_may_start_a_run(client: Client) -> None:
    person_id = asked()
    operator = staff(Role.OPERATOR)
    client.force_login(Person.objects.get(pk=operator.person_id))
    english = {"Accept-Language": "en"}

    waiting = client.get("/accounts/erasures/", headers=english).content.decode()
    ran = client.post("/accounts/erasures/", follow=True, headers=english).content.decode()
    done = client.get("/accounts/erasures/?state=done", headers=english).content.decode()

    assert "张*" in waiting
    assert "张三" not in waiting
    assert "The run is over: 1 erased" in ran
    assert f"#{person_id}" in done
    assert "Erased person" in done
