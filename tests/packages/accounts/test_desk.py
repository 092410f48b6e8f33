"""The staffed desk: numbers change hands against the card, identities are confirmed in presence."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.test import Client

from lms.accounts import api
from lms.accounts.data import (
    BadCode,
    CheckMethod,
    CodePurpose,
    IdType,
    Level,
    MobileReason,
    MobileReplaced,
    Role,
    UnableToCheckIdentity,
    UnableToReplaceMobile,
)
from lms.accounts.models import AuditEvent, IdentityCheck, MobileChange, Person
from lms.accounts.signin import person_by_token
from lms.notices import api as notices
from lms.notices.models import LocalMessage

from .given import LI, MINUTE, NOW, PASSWORD, WANG, ZHANG, last_code, registered, sent_code, staff

pytestmark = pytest.mark.django_db
LATER = NOW + 3 * MINUTE


def _replace(actor_id: int, new_mobile: str = "13900139000", **changed: object) -> MobileReplaced:
    values = {
        "id_type": IdType.RESIDENT_ID,
        "id_number": ZHANG,
        "name": "张三",
        "reason": MobileReason.LOST,
        "card_seen": True,
        "now": LATER,
        **changed,
    }
    code = values.pop("code", None) or sent_code(new_mobile, CodePurpose.MOBILE, LATER)
    return api.replace_mobile(actor_id=actor_id, new_mobile=new_mobile, code=code, **values)  # type: ignore[arg-type]


def test_a_lost_number_is_replaced_against_the_card() -> None:
    person, desk = registered(), staff(Role.DESK)
    token = api.issue_token(identifier="13800138000", password=PASSWORD, user_agent="", now=NOW).token
    done = _replace(desk.person_id)
    assert (done.person.person_id, done.person.masked_mobile) == (person.person_id, "139****9000")
    assert (done.displaced_person_id, done.sessions_ended) == (None, 1)
    assert person_by_token(token=token, now=LATER) is None
    row = MobileChange.objects.get()
    assert (row.old_mobile, row.new_mobile, row.reason, row.changed_by_id, row.at) == (
        "13800138000",
        "13900139000",
        "lost",
        desk.person_id,
        LATER,
    )
    assert api.mobile_history(person_id=person.person_id) == ((LATER, "138****8000", "139****9000", "lost"),)
    assert AuditEvent.objects.filter(action="replace_mobile", actor_id=desk.person_id).count() == 1


def test_the_old_number_gets_a_notice_without_personal_data() -> None:
    person, desk = registered(), staff(Role.DESK)
    _replace(desk.person_id)
    notices.deliver_due(now=LATER)
    message = LocalMessage.objects.latest("id")
    text = message.text or ""
    assert message.mobile == "13800138000"
    assert "本号码已不再用于登录" in text
    for private in ("张", "139", ZHANG[-4:]):
        assert private not in text
    inbox = notices.inbox_of(person_id=person.person_id, language="zh-hans")
    assert [notice.title for notice in inbox] == ["您的登录手机号已更换为 139****9000"]


def test_the_former_owner_of_a_recycled_number_loses_it_and_keeps_everything_else() -> None:
    former = registered("王五", WANG, "13900139000")
    person, desk = registered(), staff(Role.DESK)
    token = api.issue_token(identifier="13900139000", password=PASSWORD, user_agent="", now=NOW).token
    done = _replace(desk.person_id, reason=MobileReason.RECYCLED)
    assert done.displaced_person_id == former.person_id
    row = Person.objects.get(pk=former.person_id)
    assert (row.mobile, row.mobile_index, row.mobile_verified_at, row.reverify_since) == ("", "", None, LATER)
    assert (row.name, row.level, row.is_active) == ("王五", 1, True)
    assert person_by_token(token=token, now=LATER) is None
    assert [notice.kind for notice in notices.inbox_of(person_id=former.person_id, language="en")] == [
        "mobile_taken_over"
    ]
    assert list(MobileChange.objects.order_by("id").values_list("person_id", "reason")) == [
        (former.person_id, "displaced"),
        (person.person_id, "recycled"),
    ]


def test_the_displaced_owner_comes_back_through_the_desk() -> None:
    registered("王五", WANG, "13900139000")
    registered()
    desk = staff(Role.DESK)
    _replace(desk.person_id, reason=MobileReason.RECYCLED)
    back = _replace(desk.person_id, "13700137000", id_number=WANG, name="王五")
    row = Person.objects.get(pk=back.person.person_id)
    assert (row.mobile, row.reverify_since, row.mobile_verified_at) == ("13700137000", None, LATER)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"card_seen": False}, "card_not_seen"),
        ({"name": "李四"}, "no_match"),
        ({"id_number": WANG}, "no_match"),
        ({"id_number": "x"}, "no_match"),
        ({"new_mobile": "123"}, "mobile"),
        ({"new_mobile": "13800138000"}, "same_mobile"),
    ],
)
def test_what_the_desk_can_not_replace(changed: dict[str, object], code: str) -> None:
    registered()
    desk = staff(Role.DESK)
    if changed.get("new_mobile") == "13800138000":
        changed = {**changed, "code": sent_code("13800138000", CodePurpose.MOBILE, LATER)}
    elif "new_mobile" in changed:
        changed = {**changed, "code": "000000"}
    with pytest.raises(UnableToReplaceMobile) as refused:
        _replace(desk.person_id, **changed)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not MobileChange.objects.exists()
    assert Person.objects.get(name="张三").mobile == "13800138000"


@pytest.mark.parametrize("role", [Role.OPERATOR, None])
def test_nobody_but_the_desk_replaces_a_number(role: Role | None) -> None:
    registered()
    actor = staff(role, "someone").person_id if role else registered("王五", WANG, "13700137000").person_id
    with pytest.raises(UnableToReplaceMobile) as refused:
        _replace(actor)
    assert refused.value.code == "not_desk"


def test_desk_staff_do_not_serve_themselves() -> None:
    me = registered()
    desk = staff(Role.DESK)
    place = api.roles_of(person_id=desk.person_id)[0].organisation_id
    api.grant_role(
        person_id=me.person_id, organisation_id=place, role=Role.DESK, from_on=NOW.date(), actor_id=None, now=NOW
    )
    with pytest.raises(UnableToReplaceMobile) as refused:
        _replace(me.person_id)
    assert refused.value.code == "not_desk"


def test_a_wrong_code_from_the_new_number_changes_nothing() -> None:
    registered()
    desk = staff(Role.DESK)
    code = sent_code("13900139000", CodePurpose.MOBILE, LATER)
    with pytest.raises(BadCode):
        _replace(desk.person_id, code=f"{(int(code) + 1) % 1_000_000:06d}")
    assert Person.objects.get(name="张三").mobile == "13800138000"


@pytest.mark.django_db(transaction=True)
def test_one_number_for_two_people_at_once_goes_to_one_of_them_at_a_time() -> None:
    registered()
    registered("王五", WANG, "13700137000")
    desk = staff(Role.DESK)
    code = sent_code("13900139000", CodePurpose.MOBILE, LATER)
    outcomes: list[str] = []

    def take(id_number: str, name: str) -> None:
        try:
            _replace(desk.person_id, code=code, id_number=id_number, name=name)
            outcomes.append("done")
        except BadCode as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=who) for who in ((ZHANG, "张三"), (WANG, "王五"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["code_wrong", "done"]
    assert MobileChange.objects.count() == 1
    assert sum(row.mobile == "13900139000" for row in Person.objects.all()) == 1


def test_the_owner_changes_the_number_with_both_codes() -> None:
    person = registered()
    old_code = sent_code("13800138000", CodePurpose.MOBILE, LATER)
    new_code = sent_code("13900139000", CodePurpose.MOBILE, LATER)
    with pytest.raises(BadCode):
        api.change_own_mobile(
            person_id=person.person_id, old_code="abcdef", new_mobile="13900139000", new_code=new_code, now=LATER
        )
    done = api.change_own_mobile(
        person_id=person.person_id, old_code=old_code, new_mobile="13900139000", new_code=new_code, now=LATER
    )
    assert done.person.masked_mobile == "139****9000"


def test_the_owner_can_not_take_somebody_elses_number_alone() -> None:
    person = registered()
    registered("王五", WANG, "13900139000")
    with pytest.raises(UnableToReplaceMobile) as refused:
        api.change_own_mobile(
            person_id=person.person_id, old_code="1", new_mobile="13900139000", new_code="1", now=LATER
        )
    assert refused.value.code == "mobile_taken"


def test_the_desk_page_keeps_what_was_typed_and_replaces(client: Client) -> None:
    registered()
    desk = staff(Role.DESK)
    client.force_login(Person.objects.get(pk=desk.person_id))
    typed = {
        "name": "张三",
        "id_type": "resident_id",
        "id_number": "310104 19850615 9028",
        "mobile": "13900139000",
        "reason": "lost",
        "card_seen": "on",
    }
    page = client.post("/accounts/desk/", {**typed, "action": "send"})
    assert page.status_code == 200
    for value in ('value="张三"', 'value="310104 19850615 9028"', 'value="13900139000"', "checked"):
        assert value in page.content.decode()
    wrong = client.post("/accounts/desk/", {**typed, "name": "张山", "code": last_code()})
    assert wrong.status_code == 400
    done = client.post("/accounts/desk/", {**typed, "code": last_code()})
    assert done.status_code == 200
    assert "139****9000" in done.content.decode()
    assert ZHANG not in done.content.decode()


@pytest.mark.parametrize("path", ["/accounts/desk/", "/accounts/desk/check/"])
def test_the_desk_pages_do_not_exist_for_others(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"
    client.force_login(Person.objects.get(pk=registered().person_id))
    assert client.get(path).status_code == 404
    assert client.post(path, {}).status_code == 404


def test_somebody_present_with_the_card_reaches_level_three(client: Client) -> None:
    person, base = registered(), staff(Role.DESK)
    client.force_login(Person.objects.get(pk=base.person_id))
    typed = {"name": "张三", "id_type": "resident_id", "id_number": ZHANG}
    assert client.post("/accounts/desk/check/", typed).status_code == 400
    answer = client.post("/accounts/desk/check/", {**typed, "card_seen": "on", "note": "窗口 2"})
    assert answer.status_code == 302
    assert api.get_person(person_id=person.person_id).level is Level.SUPERVISED
    check = IdentityCheck.objects.latest("id")
    assert (check.method, check.outcome, check.level_before, check.level_after, check.checked_by_id, check.note) == (
        "supervised",
        "passed",
        1,
        3,
        base.person_id,
        "窗口 2",
    )


def test_level_three_needs_a_supervisor_who_is_somebody_else() -> None:
    person, operator = registered(), staff(Role.OPERATOR)
    for actor in (person.person_id, operator.person_id, None):
        with pytest.raises(UnableToCheckIdentity) as refused:
            api.raise_level(
                person_id=person.person_id,
                to=Level.SUPERVISED,
                method=CheckMethod.SUPERVISED,
                actor_id=actor,
                now=NOW,
            )
        assert refused.value.code == "not_supervisor"
    assert api.get_person(person_id=person.person_id).level is Level.WELL_FORMED


def test_a_level_never_falls() -> None:
    person, desk = registered(), staff(Role.DESK)
    api.raise_level(
        person_id=person.person_id,
        to=Level.SUPERVISED,
        method=CheckMethod.SUPERVISED,
        actor_id=desk.person_id,
        now=NOW,
    )
    same = api.raise_level(
        person_id=person.person_id, to=Level.MATCHED, method=CheckMethod.TWO_ELEMENT, actor_id=None, now=NOW
    )
    assert same.level is Level.SUPERVISED


def test_the_local_register_knows_only_whom_somebody_entered(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.IDENTITY_REGISTER = tmp_path / "register.csv"
    assert registered().level is Level.WELL_FORMED
    settings.IDENTITY_REGISTER.write_text(f"id_number,name\n{WANG},王五\n{LI},李小四\n", encoding="utf-8")
    assert registered("王五", WANG, "13900139000").level is Level.MATCHED
    assert registered("李四", LI, "13700137000").level is Level.WELL_FORMED
    outcomes = IdentityCheck.objects.filter(method="two_element").order_by("id").values_list("outcome", "level_after")
    assert list(outcomes) == [("unknown", 1), ("passed", 2), ("failed", 1)]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"other,columns\n1,2\n"])
def test_an_unreadable_register_leaves_the_level(settings, tmp_path, content: bytes) -> None:  # type: ignore[no-untyped-def]
    settings.IDENTITY_REGISTER = tmp_path / "register.csv"
    settings.IDENTITY_REGISTER.write_bytes(content)
    assert registered().level is Level.WELL_FORMED
    assert IdentityCheck.objects.latest("id").outcome == "unreachable"


def test_a_party_that_never_answers_leaves_the_level_and_is_on_record(settings) -> None:  # type: ignore[no-untyped-def]
    settings.IDENTITY_ADAPTER = "failing"
    assert registered().level is Level.WELL_FORMED
    check = IdentityCheck.objects.latest("id")
    assert (check.adapter, check.outcome, check.level_after) == ("failing", "unreachable", 1)
