"""Signing in by password, code and token: the same words for every failure, locks, devices."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts import api
from lms.accounts.data import BadCode, CodePurpose, Role, UnableToSignIn
from lms.accounts.middleware import BearerTokenMiddleware, RolesMiddleware
from lms.accounts.models import ApiToken, AuditEvent, DeviceSession, Person, SignInGuard
from lms.accounts.signin import person_by_code, person_by_password, person_by_token, prune_working_state
from lms.notices.models import LocalMessage

from .given import MINUTE, NOW, PASSWORD, WANG, last_code, registered, sent_code, staff

pytestmark = pytest.mark.django_db
WRONG = "wrong-password"


def _fail(identifier: str, password: str = WRONG, now: datetime = NOW) -> str:
    with pytest.raises(UnableToSignIn) as refused:
        person_by_password(identifier=identifier, password=password, now=now)
    return refused.value.code


def test_mobile_or_user_name_with_the_password_sign_in() -> None:
    person = registered()
    username = Person.objects.get(pk=person.person_id).username
    for identifier in ("13800138000", "+86 138 0013 8000", username, username.upper()):
        assert person_by_password(identifier=identifier, password=PASSWORD, now=NOW).pk == person.person_id
    assert authenticate(username="13800138000", password=PASSWORD) == Person.objects.get(pk=person.person_id)


def test_every_failure_has_the_same_code_whether_or_not_the_account_exists() -> None:
    registered()
    Person.objects.create_user("gone", PASSWORD, name="走了", is_active=False)
    registered("王五", WANG, "13900139000", password=None)
    assert {
        _fail("13800138000"),
        _fail("15900000000"),
        _fail("nobody"),
        _fail("gone", PASSWORD),
        _fail("13900139000"),
    } == {"wrong"}


@pytest.mark.parametrize("identifier", ["13800138000", "15900000000"])
def test_five_failures_lock_the_name_for_fifteen_minutes_known_or_not(identifier: str) -> None:
    registered()
    assert [_fail(identifier) for _try in range(6)] == ["wrong"] * 5 + ["locked"]
    assert _fail(identifier, PASSWORD, NOW + 14 * MINUTE) == "locked"
    assert identifier not in str(SignInGuard.objects.get(failures=6).__dict__)
    later = NOW + 16 * MINUTE
    if identifier == "13800138000":
        assert person_by_password(identifier=identifier, password=PASSWORD, now=later).name == "张三"
    else:
        assert _fail(identifier, now=later) == "wrong"


def test_a_success_forgets_the_failures_before_it() -> None:
    registered()
    for _round in range(3):
        assert [_fail("13800138000") for _try in range(4)] == ["wrong"] * 4
        assert person_by_password(identifier="13800138000", password=PASSWORD, now=NOW).name == "张三"


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_do_not_slip_by_the_lock() -> None:
    registered()
    outcomes: list[str] = []

    def guess() -> None:
        try:
            person_by_password(identifier="13800138000", password="wrong-password", now=NOW)
        except UnableToSignIn as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["locked"] * 3 + ["wrong"] * 5


def test_a_code_signs_in_once() -> None:
    person = registered()
    code = sent_code("13800138000", CodePurpose.LOGIN, NOW + MINUTE)
    assert person_by_code(mobile="138 0013 8000", code=code, now=NOW + MINUTE).pk == person.person_id
    with pytest.raises(BadCode):
        person_by_code(mobile="13800138000", code=code, now=NOW + MINUTE)


def test_a_number_without_an_account_hears_so_and_the_asker_does_not() -> None:
    registered()
    for mobile in ("13800138000", "15900000000"):
        api.request_code(mobile=mobile, purpose=CodePurpose.LOGIN, now=NOW + MINUTE)
    texts = [row.text or "" for row in LocalMessage.objects.order_by("id")[1:]]
    assert "验证码" in texts[0]
    assert "还没有账号" in texts[1]


@pytest.mark.parametrize("tab", ["code", "password"])
def test_the_page_says_the_same_for_known_and_unknown(client: Client, tab: str) -> None:
    registered()
    pages = []
    for mobile in ("13800138000", "15900000000"):
        typed = {"tab": tab, "mobile": mobile, "identifier": mobile, "password": "wrong-password", "code": "000000"}
        answer = client.post("/accounts/login/", typed)
        assert answer.status_code == 400
        pages.append(_bare(answer.content.decode(), mobile))
    assert pages[0] == pages[1]


def test_asking_the_page_for_a_code_says_the_same_for_known_and_unknown(client: Client) -> None:
    registered()
    pages = []
    for mobile in ("13900139000", "15900000000"):
        if mobile == "13900139000":
            registered("王五", WANG, mobile, password=None, now=NOW - timedelta(days=9))
        answer = client.post("/accounts/login/", {"tab": "code", "mobile": mobile, "action": "send"})
        assert answer.status_code == 200
        pages.append(_bare(answer.content.decode(), mobile))
    assert pages[0] == pages[1]


def test_the_page_signs_in_by_code_and_keeps_the_way(client: Client) -> None:
    person = registered(now=NOW - timedelta(days=1))
    page = client.post("/accounts/login/?next=/courses/", {"tab": "code", "mobile": "13800138000", "action": "send"})
    assert 'value="13800138000"' in page.content.decode()
    answer = client.post(
        "/accounts/login/?next=/courses/", {"tab": "code", "mobile": "13800138000", "code": last_code()}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/courses/")
    assert client.session["_auth_user_id"] == str(person.person_id)
    device = DeviceSession.objects.get()
    assert (device.person_id, device.session_key, device.ended_at) == (
        person.person_id,
        client.session.session_key,
        None,
    )
    assert AuditEvent.objects.filter(action="sign_in").count() == 1


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client: Client, evil: str) -> None:
    registered()
    answer = client.post(
        "/accounts/login/", {"tab": "password", "identifier": "13800138000", "password": PASSWORD, "next": evil}
    )
    assert answer["Location"] == "/home/"


def test_language_and_type_size_of_the_account_come_with_the_sign_in(client: Client) -> None:
    person = registered()
    api.set_language(person_id=person.person_id, language="en")
    api.set_large_type(person_id=person.person_id, large=True)
    answer = client.post("/accounts/login/", {"tab": "password", "identifier": "13800138000", "password": PASSWORD})
    assert (answer.cookies["django_language"].value, answer.cookies["large_type"].value) == ("en", "1")


def test_signing_out_ends_the_session_and_the_device(client: Client) -> None:
    registered()
    client.post("/accounts/login/", {"tab": "password", "identifier": "13800138000", "password": PASSWORD})
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert client.get("/accounts/me/").status_code == 302
    assert DeviceSession.objects.get().ended_at is not None


def test_staff_sessions_end_within_twelve_hours(client: Client) -> None:
    staff(Role.OFFICER, "officer1")
    client.post("/accounts/login/", {"tab": "password", "identifier": "officer1", "password": PASSWORD})
    assert client.session.get_expiry_age() == 12 * 3600


def test_the_login_page_stops_a_flood_from_one_address(client: Client) -> None:
    statuses = {client.post("/accounts/login/", {"tab": "password"}).status_code for _post in range(121)}
    answer = client.post("/accounts/login/", {"tab": "password"})
    assert statuses <= {400, 429}
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_a_token_is_as_good_as_a_session_under_the_api_only(client: Client) -> None:
    person = registered()
    answer = client.post(
        "/api/v1/auth/token/", {"username": "13800138000", "password": PASSWORD}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["token_type"]) == (201, "Bearer")
    token = answer.json()["token"]
    assert token not in str(ApiToken.objects.get().__dict__)
    assert ApiToken.objects.get().person_id == person.person_id
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/accounts/me/", headers=bearer).status_code == 302
    ended = Client(enforce_csrf_checks=True).delete("/api/v1/auth/token/", headers=bearer)
    assert ended.status_code == 204
    again = client.delete("/api/v1/auth/token/", headers=bearer)
    assert (again.status_code, again.json()["code"], again["WWW-Authenticate"]) == (
        401,
        "bad_token",
        'Bearer error="invalid_token"',
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"username": "13800138000", "password": "wrong-password"}', 401, "wrong_credentials"),
        ('{"username": "15900000000", "password": "wrong-password"}', 401, "wrong_credentials"),
        ('{"username": "13800138000"}', 400, "invalid"),
        ('{"username": "13800138000", "password": "x", "admin": true}', 400, "invalid"),
        ('{"username": 1, "password": []}', 400, "invalid"),
        ("not json", 400, "invalid"),
        ("", 400, "invalid"),
        ('{"username": "\\u0000", "password": "x"}', 401, "wrong_credentials"),
    ],
)
def test_a_bad_token_request_is_a_problem_document(client: Client, body: str, status: int, code: str) -> None:
    registered()
    answer = client.post("/api/v1/auth/token/", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert not ApiToken.objects.exists()


def test_the_token_door_locks_like_the_page(client: Client) -> None:
    registered()
    typed = {"username": "13800138000", "password": "wrong-password"}
    answers = [client.post("/api/v1/auth/token/", typed, content_type="application/json") for _try in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) == pytest.approx(900, abs=5)


def test_tokens_grow_old_and_end_with_a_new_password() -> None:
    person = registered()
    issued = api.issue_token(identifier="13800138000", password=PASSWORD, user_agent="test", now=NOW)
    assert issued.expires_at == NOW + timedelta(days=7)
    found = person_by_token(token=issued.token, now=NOW + timedelta(days=6))
    assert found is not None
    assert found.pk == person.person_id
    assert person_by_token(token=issued.token, now=NOW + timedelta(days=7)) is None
    assert api.end_other_devices(person_id=person.person_id, now=NOW) == 1
    assert person_by_token(token=issued.token, now=NOW) is None


def test_roles_of_the_day_stand_on_the_request(rf) -> None:  # type: ignore[no-untyped-def]
    person = staff(Role.OFFICER, "officer1")
    seen: list[set[str]] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(set(request.roles))  # type: ignore[attr-defined]
        return HttpResponse()

    for user in (Person.objects.get(pk=person.person_id), AnonymousUser()):
        request = rf.get("/")
        request.user = user
        RolesMiddleware(view)(request)
    assert seen == [{"officer"}, set()]


def test_a_view_of_the_rest_framework_takes_the_token_without_csrf(rf) -> None:  # type: ignore[no-untyped-def]
    person = registered()
    token = api.issue_token(identifier="13800138000", password=PASSWORD, user_agent="", now=timezone.now()).token

    class Echo(APIView):
        def post(self, request: Request) -> Response:
            return Response({"person": request.user.pk})

    door = BearerTokenMiddleware(Echo.as_view())
    for header, status in ((f"Bearer {token}", 200), ("Bearer nonsense", 401), ("", 403)):
        request = rf.post("/api/v1/echo/", headers={"Authorization": header})
        request.user = AnonymousUser()
        answer = door(request)
        assert (header, answer.status_code) == (header, status)
        if status == 200:
            assert vars(answer)["data"] == {"person": person.person_id}


def test_what_nobody_needs_any_more_is_pruned() -> None:
    registered()
    _fail("nobody")
    assert prune_working_state(now=NOW + timedelta(hours=23)) == 0
    assert prune_working_state(now=NOW + timedelta(hours=25)) == 3
    assert Person.objects.count() == 1


def _bare(page: str, mobile: str) -> str:
    """The page without what differs from visit to visit."""
    page = page.replace(mobile, "N")
    page = re.sub(r'value="[A-Za-z0-9]{64}"|content="[A-Za-z0-9]{64}"|content="[0-9a-f]{32}"', "", page)
    return re.sub(r"[0-9a-f]{32}", "", page)
