"""The registration page as a browser sees it."""

from __future__ import annotations

import pytest
from django.test import Client

from lms.accounts import api
from lms.accounts.models import Person

from .given import WANG, ZHANG, last_code, registered

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "张三",
    "id_type": "resident_id",
    "id_number": "310104198506159028",
    "mobile": "13800138000",
    "password": "hai-shang-ming-yue",
    "agree": "on",
    "consent_version": api.CONSENT_VERSION,
}


def test_a_newcomer_registers_and_is_welcomed(client: Client) -> None:
    assert client.get("/accounts/register/?next=/courses/").status_code == 200
    sent = client.post("/accounts/register/?next=/courses/", {**TYPED, "action": "send"})
    assert sent.status_code == 200
    answer = client.post("/accounts/register/", {**TYPED, "code": last_code(), "next": "/courses/"})
    assert answer["Location"] == "/accounts/welcome/?next=%2Fcourses%2F"
    page = client.get(answer["Location"]).content.decode()
    assert "L1" in page
    assert 'href="/courses/"' in page
    assert Person.objects.get().level == 1


def test_nothing_typed_is_lost_and_every_error_is_in_plain_chinese(client: Client) -> None:
    typed = {**TYPED, "id_number": "310104198506159029", "mobile": "1380013800", "agree": ""}
    answer = client.post("/accounts/register/", {**typed, "code": "000000"})
    page = answer.content.decode()
    assert answer.status_code == 400
    for value in ("张三", "310104198506159029", "1380013800", "hai-shang-ming-yue"):
        assert f'value="{value}"' in page
    for words in ("最后一位与前面的数字对不上", "11 位", "不同意"):
        assert words in page
    assert not Person.objects.exists()


def test_asking_for_a_code_keeps_everything_and_says_what_is_wrong_with_the_number(client: Client) -> None:
    page = client.post("/accounts/register/", {**TYPED, "action": "send", "mobile": "123"}).content.decode()
    assert 'value="张三"' in page
    assert 'value="123"' in page
    assert "11 位" in page
    assert "最后一位" not in page


def test_a_taken_number_and_a_free_one_look_alike_until_a_code_proves_the_mobile(client: Client) -> None:
    registered()
    pages = []
    for number in (ZHANG, WANG):
        answer = client.post(
            "/accounts/register/", {**TYPED, "id_number": number, "mobile": "13900139000", "code": "000000"}
        )
        assert answer.status_code == 400
        pages.append(answer.content.decode().replace(number, "N"))
    import re

    bare = [re.sub(r'(value|content)="[A-Za-z0-9]{32,64}"', "", page) for page in pages]
    assert bare[0] == bare[1]


def test_an_old_consent_text_is_not_enough(client: Client) -> None:
    client.post("/accounts/register/", {**TYPED, "action": "send"})
    answer = client.post("/accounts/register/", {**TYPED, "code": last_code(), "consent_version": "2020.1"})
    assert answer.status_code == 400
    assert not Person.objects.exists()


@pytest.mark.parametrize("field", ["name", "id_number", "mobile", "code", "password", "id_type", "next"])
@pytest.mark.parametrize("value", ["\x00", "x" * 5000, "<script>alert(1)</script>", "𠮷" * 40, "'; DROP TABLE x; --"])
def test_no_input_breaks_the_page(client: Client, field: str, value: str) -> None:
    answer = client.post("/accounts/register/", {**TYPED, "code": "000000", field: value})
    assert answer.status_code == 400
    assert "<script>alert(1)" not in answer.content.decode()


@pytest.mark.parametrize("path", ["login/", "login/?tab=password", "register/", "notice/"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_public_pages_have_no_inline_code_in_either_language(client: Client, path: str, language: str) -> None:
    client.cookies["django_language"] = language
    answer = client.get(f"/accounts/{path}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>" not in page
    assert " style=" not in page
    assert ("同意" in page or "登录" in page or "注册" in page) == (language == "zh-hans")
