"""A family's phone: own accounts, one tap to switch, nothing of others to see, and a word that risk flags can read."""

from __future__ import annotations

import pytest
from django.test import Client

from lms.accounts import api
from lms.accounts.models import AuditEvent, Person, PhoneShare, SharedPhone
from lms.accounts.sharing import declare_sharing, end_sharing
from tests.factories.traces import traces_in_tables

from .given import LI, MINUTE, NOW, PASSWORD, WANG, ZHANG, last_code, registered

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


def sign_in(client: Client, mobile: str) -> None:
    answer = client.post("/accounts/login/", {"tab": "password", "identifier": mobile, "password": PASSWORD})
    assert answer.status_code == 302


@pytest.fixture
def phone(client: Client) -> Client:
    """A phone on which two people declared that they share it; the second is signed in."""
    registered()
    registered("李四", WANG, "13900001111")
    for mobile in ("13800138000", "13900001111"):
        sign_in(client, mobile)
        client.post("/accounts/me/phone/share/")
        if mobile == "13800138000":
            client.post("/accounts/switch/")
    return client


def share_of(name: str) -> PhoneShare:
    return PhoneShare.objects.get(person__name=name)


def test_each_is_shown_masked_on_this_phone_only_and_switches_in_one_tap(phone: Client) -> None:
    mine = phone.get("/accounts/me/", headers=ENGLISH).content.decode()
    switched = phone.post("/accounts/switch/", {"as": share_of("张三").pk})
    page = phone.get(switched["Location"], headers=ENGLISH).content.decode()
    elsewhere = Client().get("/accounts/login/").content.decode()

    assert "张*" in mine
    assert switched["Clear-Site-Data"] == '"cache"'
    assert phone.get("/accounts/me/").status_code == 302
    assert 'id="chosen"' in page
    assert "138****8000" in page
    for private in ("张三", "13800138000", ZHANG, Person.objects.get(name="张三").username):
        assert private not in page
    assert 'id="family"' not in elsewhere


def test_the_chosen_account_still_needs_its_own_password(phone: Client) -> None:
    phone.post("/accounts/switch/")
    chosen = share_of("张三").pk

    wrong = phone.post("/accounts/login/", {"tab": "password", "as": chosen, "password": "guess-guess-guess"})
    right = phone.post("/accounts/login/", {"tab": "password", "as": chosen, "password": PASSWORD})

    assert wrong.status_code == 400
    assert "13800138000" not in wrong.content.decode()
    assert right.status_code == 302
    assert phone.session["_auth_user_id"] == str(share_of("张三").person_id)


def test_a_code_goes_to_the_chosen_persons_own_number(phone: Client) -> None:
    phone.post("/accounts/switch/")
    chosen = share_of("李四").pk

    sent = phone.post("/accounts/login/", {"tab": "code", "as": chosen, "action": "send"}, headers=ENGLISH)
    done = phone.post("/accounts/login/", {"tab": "code", "as": chosen, "code": last_code()})

    assert "13900001111" not in sent.content.decode()
    assert done.status_code == 302
    assert phone.session["_auth_user_id"] == str(share_of("李四").person_id)


def test_a_foreign_phone_cannot_choose_and_a_forged_cookie_shows_nobody(phone: Client) -> None:
    stranger = Client()
    for key in ("", "x" * 43, "'; DROP TABLE", "\u00e9" * 43):
        stranger.cookies["shared_phone"] = key
        page = stranger.get(f"/accounts/login/?as={share_of('张三').pk}").content.decode()
        assert "张*" not in page
        assert 'id="chosen"' not in page
    answer = stranger.post("/accounts/login/", {"tab": "password", "as": share_of("张三").pk, "password": PASSWORD})
    assert answer.status_code == 400
    assert phone.cookies["shared_phone"]["httponly"]


def test_who_takes_it_back_is_shown_no_longer_and_the_past_stays_readable(phone: Client) -> None:
    key = phone.cookies["shared_phone"].value
    first, second = share_of("张三").person_id, share_of("李四").person_id

    for _again in range(2):
        assert phone.post("/accounts/me/phone/unshare/").status_code == 302
    shown = api.declared_sharing(phone=api.phone_index(key))

    assert [(one.person_id, one.ended_at is None) for one in shown] == [(first, True), (second, False)]
    phone.post("/accounts/switch/")
    assert "李*" not in phone.get("/accounts/login/").content.decode()
    actions = AuditEvent.objects.filter(actor_id=second, action__contains="shared_phone").order_by("id")
    assert [row.action for row in actions] == ["declare_shared_phone", "end_shared_phone"]


def test_risk_flags_read_who_shares_with_whom_and_when() -> None:
    one, two = registered(), registered("李四", WANG, "13900001111")
    other = registered("王五", LI, "13900002222")

    key = declare_sharing(person_id=one.person_id, key="", now=NOW)
    assert declare_sharing(person_id=two.person_id, key=key, now=NOW + MINUTE) == key
    declare_sharing(person_id=other.person_id, key="", now=NOW)
    assert declare_sharing(person_id=one.person_id, key=key, now=NOW + MINUTE) == key
    end_sharing(person_id=two.person_id, key=key, now=NOW + 9 * MINUTE)

    assert api.shares_phone_with(person_id=one.person_id, at=NOW) == frozenset()
    assert api.shares_phone_with(person_id=one.person_id, at=NOW + 2 * MINUTE) == {two.person_id}
    assert api.shares_phone_with(person_id=two.person_id, at=NOW + 2 * MINUTE) == {one.person_id}
    assert api.shares_phone_with(person_id=one.person_id, at=NOW + 9 * MINUTE) == frozenset()
    assert api.shares_phone_with(person_id=other.person_id, at=NOW + 2 * MINUTE) == frozenset()
    assert PhoneShare.objects.count() == 3
    assert traces_in_tables((key,)) == []


def test_erasing_a_person_takes_them_off_the_phone(phone: Client) -> None:
    person_id = share_of("张三").person_id

    api.request_erasure(person_id=person_id, confirmation=ZHANG[-4:], language="en", now=NOW)

    assert not PhoneShare.objects.filter(person_id=person_id).exists()
    assert SharedPhone.objects.count() == 1
