"""My data: seen, taken along, withdrawn; devices; language and type size; who looked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.test import Client

from lms.accounts import api
from lms.accounts.data import (
    CodePurpose,
    ConsentSubject,
    EmploymentKind,
    GroupCode,
    OrganisationKind,
    Role,
    UnableToGrantRole,
    UnableToOpenAccount,
    UnableToReveal,
    UnableToSaveOrganisation,
    UnknownOrganisation,
    UnknownPerson,
)
from lms.accounts.models import AuditEvent, Consent, DeviceSession, Person
from lms.db.api import RowIsImmutable
from lms.notices import api as notices

from .given import MINUTE, NOW, PASSWORD, WANG, ZHANG, last_code, registered, sent_code, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client: Client) -> Person:
    person = Person.objects.get(pk=registered().person_id)
    _sign_in(client)
    return person


def _sign_in(client: Client) -> None:
    answer = client.post("/accounts/login/", {"tab": "password", "identifier": "13800138000", "password": PASSWORD})
    assert answer.status_code == 302


def test_the_page_shows_all_we_hold_and_masks_the_numbers(client: Client, me: Person) -> None:
    firm = api.create_organisation(
        kind=OrganisationKind.ENTERPRISE, name="东岸养老", uscc="91310115MAE0A0015G", actor_id=None, now=NOW
    )
    api.add_employment(
        person_id=me.pk,
        employer_id=firm.organisation_id,
        kind=EmploymentKind.CONTRACT,
        from_on=NOW.date(),
        actor_id=None,
        now=NOW,
    )
    api.add_group(person_id=me.pk, code=GroupCode.DIS, valid_from=NOW.date(), ref="残疾人证 1", actor_id=None, now=NOW)
    page = client.get("/accounts/me/").content.decode()
    for shown in ("张三", "310***********9028", "138****8000", "东岸养老", "残疾人证 1", "L1"):
        assert shown in page
    for hidden in (ZHANG, "13800138000"):
        assert hidden not in page


def test_the_export_is_one_file_with_masked_numbers_and_an_audit_row(client: Client, me: Person) -> None:
    api.register_export(
        section="test_section", give=lambda person_id, now: {"person": person_id, "at": now.isoformat()}
    )
    answer = client.post("/accounts/me/export/")
    assert answer["Content-Disposition"].startswith('attachment; filename="zhipei-my-data-')
    data = json.loads(answer.content)
    assert data["person"]["name"] == "张三"
    assert (data["person"]["id_number"], data["person"]["mobile"]) == ("310***********9028", "138****8000")
    assert [row["given"] for row in data["consents"]] == [True]
    assert data["test_section"] == {"person": me.pk, "at": data["exported_at"]}
    assert ZHANG not in answer.content.decode()
    assert "13800138000" not in answer.content.decode()
    assert AuditEvent.objects.filter(action="export_own_data", actor_id=me.pk).count() == 1
    assert client.get("/accounts/me/export/").status_code == 405


def test_a_withdrawal_explains_itself_and_then_pauses_everything_else(client: Client, me: Person) -> None:
    page = client.get("/accounts/me/consent/platform/withdraw/").content.decode()
    assert "6 年" in page or "6 years" in page
    assert Consent.objects.count() == 1
    answer = client.post("/accounts/me/consent/platform/withdraw/")
    assert answer["Location"] == "/accounts/consent/"
    assert api.consents_of(person_id=me.pk) == {"platform": False}
    assert client.get("/home/")["Location"] == "/accounts/consent/"
    refused = client.get("/api/v1/enrolments/1/statement/")
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_withdrawn")
    for open_path in ("/accounts/me/", "/notices/", "/accounts/consent/", "/accounts/notice/"):
        assert client.get(open_path).status_code == 200
    assert [n.kind for n in notices.inbox_of(person_id=me.pk, language="en")] == ["consent_withdrawn"]


def test_agreeing_again_opens_everything_and_keeps_the_history(client: Client, me: Person) -> None:
    api.withdraw_consent(person_id=me.pk, subject=ConsentSubject.PLATFORM, language="en", now=NOW)
    assert client.post("/accounts/consent/", {"consent_version": "old"}).status_code == 200
    assert api.consents_of(person_id=me.pk) == {"platform": False}
    client.post("/accounts/consent/", {"consent_version": api.CONSENT_VERSION})
    assert api.consents_of(person_id=me.pk) == {"platform": True}
    assert list(Consent.objects.order_by("id").values_list("given", flat=True)) == [True, False, True]
    assert "consent" not in client.get("/home/").headers.get("Location", "")


def test_face_consent_is_a_choice_of_its_own(client: Client, me: Person) -> None:
    client.post("/accounts/me/consent/face/")
    assert api.consents_of(person_id=me.pk) == {"platform": True, "face": True}
    client.post("/accounts/me/consent/face/withdraw/")
    assert api.consents_of(person_id=me.pk) == {"platform": True, "face": False}
    assert client.get("/accounts/me/").status_code == 200
    assert client.get("/accounts/me/consent/nonsense/withdraw/").status_code == 404


def test_a_device_can_be_signed_out_from_another_one(client: Client, me: Person) -> None:
    other = Client()
    _sign_in(other)
    mine, theirs = DeviceSession.objects.order_by("id")
    assert client.get("/accounts/me/").content.decode().count("/accounts/me/devices/browser/") == 1
    assert client.post(f"/accounts/me/devices/browser/{theirs.pk}/end/").status_code == 302
    assert other.get("/accounts/me/").status_code == 302
    assert client.get("/accounts/me/").status_code == 200
    assert client.post(f"/accounts/me/devices/browser/{theirs.pk}/end/").status_code == 404
    assert DeviceSession.objects.get(pk=mine.pk).ended_at is None


def test_somebody_elses_device_does_not_exist(client: Client, me: Person) -> None:
    stranger = registered("王五", WANG, "13900139000")
    issued = api.issue_token(identifier="13900139000", password=PASSWORD, user_agent="", now=NOW)
    theirs = api.devices_of(person_id=stranger.person_id, session_key="", now=NOW)[0]
    assert client.post(f"/accounts/me/devices/token/{theirs.device_id}/end/").status_code == 404
    assert client.post(f"/accounts/me/devices/nonsense/{theirs.device_id}/end/").status_code == 404
    assert len(api.devices_of(person_id=stranger.person_id, session_key="", now=NOW)) == 1
    assert issued.token


def test_signing_out_everywhere_else_leaves_this_browser(client: Client, me: Person) -> None:
    other = Client()
    _sign_in(other)
    client.post("/accounts/me/devices/end-others/")
    assert other.get("/accounts/me/").status_code == 302
    assert client.get("/accounts/me/").status_code == 200
    assert [device.current for device in api.devices_of(person_id=me.pk, session_key=_key(client), now=NOW)] == [True]


def test_a_new_password_needs_the_old_one_unless_signed_in_by_code(client: Client, me: Person) -> None:
    new = "chun-jiang-chao-shui"
    assert client.post("/accounts/me/password/", {"old_password": "no", "password": new}).status_code == 200
    assert Person.objects.get(pk=me.pk).check_password(PASSWORD)
    weak = client.post("/accounts/me/password/", {"old_password": PASSWORD, "password": "12345678"})
    assert weak.status_code == 200
    assert client.post("/accounts/me/password/", {"old_password": PASSWORD, "password": new}).status_code == 302
    assert Person.objects.get(pk=me.pk).check_password(new)
    assert client.get("/accounts/me/").status_code == 200
    by_code = Client()
    by_code.post("/accounts/login/", {"tab": "code", "mobile": "13800138000", "action": "send"})
    by_code.post("/accounts/login/", {"tab": "code", "mobile": "13800138000", "code": last_code()})
    assert by_code.post("/accounts/me/password/", {"password": f"{new}-2"}).status_code == 302
    assert client.get("/accounts/me/").status_code == 302


def test_the_number_page_changes_it_with_both_codes(client: Client, me: Person) -> None:
    client.post("/accounts/me/mobile/", {"action": "send_old"})
    old_code = last_code()
    page = client.post(
        "/accounts/me/mobile/", {"action": "send_new", "new_mobile": "13900139000", "old_code": old_code}
    )
    assert f'value="{old_code}"' in page.content.decode()
    typed = {"old_code": old_code, "new_mobile": "13900139000", "new_code": last_code()}
    assert client.post("/accounts/me/mobile/", typed).status_code == 302
    assert Person.objects.get(pk=me.pk).mobile == "13900139000"
    assert client.get("/accounts/me/").status_code == 200


def test_type_size_and_language_are_kept_with_the_account(client: Client, me: Person) -> None:
    assert client.post("/accounts/large-type/", {"large": "1"}).status_code == 204
    assert client.cookies["large_type"].value == "1"
    assert Person.objects.get(pk=me.pk).large_type
    client.post("/i18n/setlang/", {"language": "en", "next": "/accounts/me/"})
    assert Person.objects.get(pk=me.pk).language == "en"
    assert "My data" in client.get("/accounts/me/").content.decode()
    client.post("/accounts/language/", {"language": "zh-hans"})
    assert Person.objects.get(pk=me.pk).language == "zh-hans"
    assert "我的信息" in client.get("/accounts/me/").content.decode()
    assert client.post("/accounts/language/", {"language": "xx"}).status_code == 404
    assert Client().post("/accounts/large-type/", {"large": "1"}).status_code == 204


def test_whoever_sees_the_whole_number_says_why_and_is_on_record() -> None:
    person, officer = registered(), staff(Role.OFFICER, "officer1")
    stranger = registered("王五", WANG, "13900139000")
    seen = api.reveal_id_number(person_id=person.person_id, actor_id=officer.person_id, purpose="核对申领", now=NOW)
    assert seen == ZHANG
    for actor, purpose, code in (
        (stranger.person_id, "好奇看看", "not_allowed"),
        (officer.person_id, " x ", "purpose"),
    ):
        with pytest.raises(UnableToReveal) as refused:
            api.reveal_id_number(person_id=person.person_id, actor_id=actor, purpose=purpose, now=NOW)
        assert refused.value.code == code
    rows = AuditEvent.objects.filter(object_kind="person", object_id=str(person.person_id), action__startswith="reveal")
    assert list(rows.order_by("id").values_list("actor_id", "action", "purpose")) == [
        (officer.person_id, "reveal_id_number", "核对申领"),
        (stranger.person_id, "reveal_refused", "好奇看看"),
    ]


def test_the_person_sees_who_looked(client: Client, me: Person) -> None:
    officer = staff(Role.OFFICER, "officer1")
    api.reveal_id_number(person_id=me.pk, actor_id=officer.person_id, purpose="核对申领材料", now=NOW)
    page = client.get("/accounts/me/looks/").content.decode()
    assert "核对申领材料" in page
    assert officer.name not in page


@pytest.mark.parametrize("path", ["", "looks/", "password/", "email/", "mobile/", "consent/face/withdraw/"])
def test_my_pages_ask_to_sign_in(client: Client, path: str) -> None:
    assert client.get(f"/accounts/me/{path}")["Location"] == f"/accounts/login/?next=/accounts/me/{path}"


@pytest.mark.parametrize(
    "table", ["accounts_consent", "accounts_auditevent", "accounts_identitycheck", "accounts_mobilechange"]
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_the_database_refuses_to_change_history(table: str, statement: str) -> None:
    person = registered()
    api.change_own_mobile(
        person_id=person.person_id,
        old_code=sent_code("13800138000", CodePurpose.MOBILE, NOW + MINUTE),
        new_mobile="13900139000",
        new_code=sent_code("13900139000", CodePurpose.MOBILE, NOW + MINUTE),
        now=NOW + MINUTE,
    )
    with pytest.raises(Exception, match=r"append-only|permission denied"), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_the_models_refuse_to_change_history() -> None:
    registered()
    row = Consent.objects.get()
    row.given = False
    with pytest.raises(RowIsImmutable):
        row.save()
    with pytest.raises(RowIsImmutable):
        row.delete()


def test_roles_hold_on_their_days_and_for_their_organisation_only() -> None:
    person = registered()
    firm, other = (
        api.create_organisation(kind=OrganisationKind.ENTERPRISE, name=name, uscc=code, actor_id=None, now=NOW)
        for name, code in (("甲", "91310115MAE0A0015G"), ("乙", "91310104MAE0A0023D"))
    )
    held = {"person_id": person.person_id, "organisation_id": firm.organisation_id}
    for from_on in (NOW.date(), NOW.date() + timedelta(days=3)):
        api.grant_role(role=Role.HR, from_on=from_on, actor_id=None, now=NOW, **held)
    assert len(api.roles_of(person_id=person.person_id)) == 1
    api.end_role(role=Role.HR, to_on=NOW.date() + timedelta(days=2), actor_id=None, now=NOW, **held)

    def holds(organisation_id: int, days: int, *roles: Role) -> bool:
        return api.has_role(
            person_id=person.person_id,
            organisation_id=organisation_id,
            roles=roles or (Role.HR,),
            day=NOW.date() + timedelta(days=days),
        )

    assert [holds(firm.organisation_id, days) for days in (-1, 0, 1, 2)] == [False, True, True, False]
    assert not holds(other.organisation_id, 1)
    assert not holds(firm.organisation_id, 1, Role.TRAINER)
    day = NOW.date()
    assert [o.name for o in api.organisations_for(person_id=person.person_id, role=Role.HR, day=day)] == ["甲"]
    people = api.people_with_role(organisation_id=firm.organisation_id, role=Role.HR, day=day)
    assert [p.person_id for p in people] == [person.person_id]


def test_a_role_that_does_not_fit_the_organisation_is_refused() -> None:
    person = registered()
    firm = api.create_organisation(
        kind=OrganisationKind.ENTERPRISE, name="甲", uscc="91310115MAE0A0015G", actor_id=None, now=NOW
    )
    with pytest.raises(UnableToGrantRole):
        api.grant_role(
            person_id=person.person_id,
            organisation_id=firm.organisation_id,
            role=Role.OFFICER,
            from_on=NOW.date(),
            actor_id=None,
            now=NOW,
        )
    assert api.roles_of(person_id=person.person_id) == ()


@pytest.mark.parametrize(
    ("uscc", "code"),
    [("", "uscc_empty"), ("91310115MAE0A0015H", "uscc_check_digit"), ("9131", "uscc_length")],
)
def test_an_enterprise_needs_a_good_credit_code(uscc: str, code: str) -> None:
    with pytest.raises(UnableToSaveOrganisation) as refused:
        api.create_organisation(kind=OrganisationKind.ENTERPRISE, name="甲", uscc=uscc, actor_id=None, now=NOW)
    assert refused.value.code == code


def test_one_credit_code_is_one_organisation_and_accounts_lie_encrypted() -> None:
    made = api.create_organisation(
        kind=OrganisationKind.ENTERPRISE,
        name="甲",
        uscc="91310115mae0a0015g",
        account_number="6222020200112233445",
        actor_id=None,
        now=NOW,
    )
    assert (made.uscc, made.account_last4) == ("91310115MAE0A0015G", "3445")
    assert api.find_organisation_by_uscc(uscc="91310115MAE0A0015G") == made
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_number FROM accounts_organisation")
        assert "6222" not in cursor.fetchone()[0]
    with pytest.raises(UnableToSaveOrganisation) as refused:
        api.create_organisation(
            kind=OrganisationKind.PROVIDER, name="乙", uscc="91310115MAE0A0015G", actor_id=None, now=NOW
        )
    assert refused.value.code == "uscc_taken"
    officer = staff(Role.OFFICER, "officer1")
    shown = api.reveal_account_number(
        organisation_id=made.organisation_id, actor_id=officer.person_id, purpose="拨付", now=NOW
    )
    assert shown == "6222020200112233445"
    with pytest.raises(UnableToReveal):
        api.reveal_account_number(
            organisation_id=made.organisation_id, actor_id=registered().person_id, purpose="看看", now=NOW
        )


def test_staff_accounts_are_opened_once() -> None:
    staff(Role.DESK)
    for username, password, code in (
        ("desk1", PASSWORD, "username_taken"),
        ("13800138000", PASSWORD, "username"),
        ("desk2", "123", "password"),
    ):
        with pytest.raises(UnableToOpenAccount) as refused:
            api.create_account(name="钱六", username=username, password=password, actor_id=None, now=NOW)
        assert refused.value.code == code


def test_what_does_not_exist_is_said() -> None:
    with pytest.raises(UnknownPerson):
        api.get_person(person_id=404)
    with pytest.raises(UnknownOrganisation):
        api.get_organisation(organisation_id=404)
    assert api.get_people(person_ids=[404]) == {}


def test_many_people_come_in_two_queries(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    ids = [registered().person_id, registered("王五", WANG, "13900139000").person_id]
    with django_assert_num_queries(2):
        assert {facts.name for facts in api.get_people(person_ids=ids).values()} == {"张三", "王五"}


def test_the_database_holds_one_verified_holder_per_number() -> None:
    registered()
    twin = Person.objects.get()
    with pytest.raises(IntegrityError):
        Person.objects.create(
            username="twin", name="双", mobile_index=twin.mobile_index, mobile_verified_at=NOW, joined_at=NOW
        )


def _key(client: Client) -> str:
    return str(client.session.session_key)
