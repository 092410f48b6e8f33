"""The message door: inbox, queue, retries, preferences, the demo's log, and two workers at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.db import connection, connections, transaction
from django.test import Client

from lms.accounts.models import Person
from lms.notices import api, tasks, texts
from lms.notices.checks import http_channel_has_an_address, local_channel_only_in_demo
from lms.notices.data import Channel, DeliveryState, NoticeKind, UnableToWord
from lms.notices.models import Delivery, DeliveryAttempt, LocalMessage, Notice

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ENROLLED: Mapping[str, str | int] = {"class_title": "养老护理员", "starts_on": "2026-03-09"}


def _send(person_id: int | None = 7, key: str = "enrolled:1", **changed: object) -> int | None:
    values = {
        "kind": NoticeKind.ENROLLED,
        "params": ENROLLED,
        "mobile": "13800138000",
        "email": "zhang@example.cn",
        "language": "zh-hans",
        "now": NOW,
        **changed,
    }
    return api.send(person_id=person_id, key=key, **values)  # type: ignore[arg-type]


def test_a_notice_is_in_the_inbox_at_once_and_goes_out_by_sms_and_mail() -> None:
    notice_id = _send()
    assert [(n.notice_id, n.title, n.read_at) for n in api.inbox_of(person_id=7, language="zh-hans")] == [
        (notice_id, "您已加入班级《养老护理员》", None)
    ]
    assert api.unread_count(person_id=7) == 1
    done = api.deliver_due(now=NOW)
    assert (done.sent, done.retried, done.given_up) == (2, 0, 0)
    message = LocalMessage.objects.get()
    assert (message.mobile, message.text) == ("13800138000", "【职培云】您已加入一个培训班，请登录职培云查看课程安排。")
    assert [(m.subject, m.to) for m in mail.outbox] == [("您已加入班级《养老护理员》", ["zhang@example.cn"])]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_the_same_key_again_changes_nothing() -> None:
    first = _send()
    assert _send(params={**ENROLLED, "class_title": "别的班"}) is None
    assert Notice.objects.get().pk == first
    assert Delivery.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_key_twice_at_once_makes_one_notice() -> None:
    given: list[int | None] = []
    _together(lambda: given.append(_send()), 4)
    assert sorted(given, key=lambda one: one is None) == [Notice.objects.get().pk, None, None, None]
    assert Delivery.objects.count() == 2


def test_no_commit_no_notice() -> None:
    with transaction.atomic():
        _send()
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_words_come_in_the_readers_language() -> None:
    _send()
    (notice,) = api.inbox_of(person_id=7, language="en")
    assert notice.title == "You are enrolled in “养老护理员”"
    _send(key="enrolled:2", language="en", email=None)
    api.deliver_due(now=NOW)
    assert (LocalMessage.objects.latest("id").text or "").startswith("[Zhipei Cloud] You are enrolled")


@pytest.mark.parametrize(
    "params", [{}, {"class_title": "x"}, {**ENROLLED, "link": "https://evil.example/"}, {**ENROLLED, "link": "//evil"}]
)
def test_params_must_be_what_the_words_need(params: dict[str, str]) -> None:
    with pytest.raises(UnableToWord):
        _send(params=params)
    assert not Notice.objects.exists()


def test_codes_become_words_and_a_kind_has_its_own_place() -> None:
    params = {"outcome": "refuse", "programme": "SME-GROUP", "amount": "0.00", "decision": 7}
    _send(kind=NoticeKind.DECISION_MADE, params=params)
    (zh,), (en,) = (api.inbox_of(person_id=7, language=language) for language in ("zh-hans", "en"))
    assert zh.title == "补贴资格认定已有结果：不符合条件"
    assert "中小微企业集中培训补贴，认定金额 0.00 元" in zh.body
    assert en.title == "Subsidy decision: not eligible"
    assert zh.link == "/subsidy/"


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_words_in_both_languages_and_a_harmless_sms(kind: NoticeKind) -> None:
    text, params = texts.TEXTS[kind], dict.fromkeys(texts.params_of(kind), "X")
    for language in ("zh-hans", "en"):
        said = texts.words(kind, params, language)
        assert said.title
        assert said.body
        assert texts.label(kind, language)
    assert "{" not in text.zh.sms + text.en.sms


def test_a_failing_provider_is_tried_eight_times_ever_later_and_then_given_up(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SMS_CHANNEL = "failing"
    _send(email=None)
    now, waits = NOW, []
    for number in range(1, 9):
        done = api.deliver_due(now=now)
        assert (done.sent, done.retried, done.given_up) == ((0, 1, 0) if number < 8 else (0, 0, 1))
        delivery = Delivery.objects.get()
        assert api.deliver_due(now=now).retried == 0
        waits.append((delivery.next_attempt_at - now).total_seconds())
        now = max(now, delivery.next_attempt_at)
    assert waits[:7] == [30, 60, 120, 240, 480, 960, 1920]
    assert Delivery.objects.get().state == DeliveryState.GIVEN_UP
    log = DeliveryAttempt.objects.order_by("id")
    assert [(one.number, one.sent, one.error) for one in log] == [
        (number, False, "the failing channel takes no message") for number in range(1, 9)
    ]
    assert api.deliver_due(now=now + timedelta(days=9)).retried == 0
    assert api.unread_count(person_id=7) == 1


def test_a_provider_that_recovers_gets_the_message_once(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SMS_CHANNEL = "failing"
    _send(email=None)
    api.deliver_due(now=NOW)
    settings.SMS_CHANNEL = "local"
    assert api.deliver_due(now=NOW + MINUTE).sent == 1
    assert api.deliver_due(now=NOW + 9 * MINUTE).sent == 0
    assert LocalMessage.objects.count() == 1


def test_a_failing_mail_server_is_retried_and_its_words_are_not_logged(settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    _send(mobile=None)
    assert api.deliver_due(now=NOW).retried == 1
    assert DeliveryAttempt.objects.get().error == "ConnectionRefusedError"


def test_a_worker_that_died_between_sending_and_settling_does_not_double_the_sms() -> None:
    _send(email=None)
    delivery = Delivery.objects.get()
    api.deliver_due(now=NOW)
    Delivery.objects.update(state=DeliveryState.LEASED, lease_token=uuid4(), lease_until=NOW + MINUTE, finished_at=None)
    assert api.deliver_due(now=NOW + MINUTE / 2).sent == 0
    assert api.deliver_due(now=NOW + MINUTE).sent == 1
    assert LocalMessage.objects.get().idempotency_key == delivery.idempotency_key


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_send_twice() -> None:
    for number in range(12):
        _send(key=f"enrolled:{number}", email=None)
    sent: list[int] = []
    _together(lambda: sent.append(api.deliver_due(now=NOW).sent), 4)
    assert sum(sent) == 12
    assert DeliveryAttempt.objects.count() == LocalMessage.objects.count() == 12


def test_the_task_delivers_what_is_due() -> None:
    _send()
    tasks.deliver_due()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_preferences_steer_sms_and_mail_but_not_what_safety_hangs_on() -> None:
    for kind in (NoticeKind.ENROLLED, NoticeKind.MOBILE_REPLACED):
        api.set_preference(person_id=7, kind=kind, channel=Channel.SMS, wanted=False)
        api.set_preference(person_id=7, kind=kind, channel=Channel.MAIL, wanted=False)
    _send()
    assert not Delivery.objects.exists()
    _send(key="m:1", kind=NoticeKind.MOBILE_REPLACED, params={"mobile": "139****9000"})
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"sms", "mail"}
    lines = {line.kind: line for line in api.preferences_of(person_id=7, language="zh-hans")}
    assert (lines[NoticeKind.ENROLLED].sms, lines[NoticeKind.ENROLLED].fixed) == (False, False)
    assert (lines[NoticeKind.MOBILE_REPLACED].sms, lines[NoticeKind.MOBILE_REPLACED].fixed) == (True, True)
    assert len(api.inbox_of(person_id=7, language="zh-hans")) == 2


def test_addresses_and_texts_lie_encrypted() -> None:
    _send()
    api.deliver_due(now=NOW)
    api.send_code(mobile="13800138000", code="424242", language="zh-hans", now=NOW)
    with connection.cursor() as cursor:
        for table in ("notices_delivery", "notices_localmessage", "notices_deliveryattempt", "notices_notice"):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE ANY(%s)',
                [["%13800138000%", "%zhang@%", "%424242%"]],
            )
            assert (table, cursor.fetchone()) == (table, (0,))


def test_the_delivery_log_can_not_be_changed() -> None:
    api.send_code(mobile="13800138000", code="424242", language="zh-hans", now=NOW)
    with pytest.raises(Exception, match=r"append-only|permission denied"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM notices_deliveryattempt")


def _person(username: str) -> Person:
    return Person.objects.create_user(username, "hai-shang-ming-yue", name="张三", joined_at=NOW)


def test_the_inbox_page_counts_reads_and_marks(client: Client) -> None:
    me = _person("zhangsan")
    client.force_login(me)
    notice_id = _send(me.pk, params={**ENROLLED, "link": "/classes/3/"})
    page = client.get("/notices/").content.decode()
    assert "您已加入班级《养老护理员》" in page
    assert "1 条未读" in page
    assert "1" in client.get("/notices/unread/").content.decode()
    one = client.get(f"/notices/{notice_id}/").content.decode()
    assert 'href="/classes/3/"' in one
    assert api.unread_count(person_id=me.pk) == 0
    _send(me.pk, key="enrolled:2")
    assert client.get("/notices/read/").status_code == 405
    client.post("/notices/read/")
    assert api.unread_count(person_id=me.pk) == 0


def test_somebody_elses_notice_does_not_exist_and_stays_unread(client: Client) -> None:
    other = _person("other")
    notice_id = _send(other.pk)
    client.force_login(_person("zhangsan"))
    assert client.get(f"/notices/{notice_id}/").status_code == 404
    assert client.get("/notices/999999999999999999999/").status_code == 404
    assert api.unread_count(person_id=other.pk) == 1


def test_words_in_a_notice_are_never_markup(client: Client) -> None:
    me = _person("zhangsan")
    client.force_login(me)
    notice_id = _send(me.pk, params={**ENROLLED, "class_title": "<script>alert(1)</script>"})
    for path in ("/notices/", f"/notices/{notice_id}/"):
        assert "<script>alert" not in client.get(path).content.decode()


@pytest.mark.parametrize("path", ["/notices/", "/notices/1/", "/notices/preferences/", "/notices/unread/"])
def test_the_pages_ask_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def test_the_preferences_page_saves_choices(client: Client) -> None:
    me = _person("zhangsan")
    client.force_login(me)
    assert client.get("/notices/preferences/").status_code == 200
    client.post("/notices/preferences/", {"enrolled.mail": "on", "nonsense": "on"})
    lines = {line.kind: line for line in api.preferences_of(person_id=me.pk, language="zh-hans")}
    assert (lines[NoticeKind.ENROLLED].sms, lines[NoticeKind.ENROLLED].mail) == (False, True)
    assert lines[NoticeKind.MOBILE_REPLACED].sms


def test_only_the_demo_shows_the_log_of_the_local_channel(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    api.send_code(mobile="13800138000", code="424242", language="zh-hans", now=NOW)
    settings.DEMO = False
    assert client.get("/notices/outbox-log/").status_code == 404
    settings.DEMO = True
    assert "424242" in client.get("/notices/outbox-log/").content.decode()


def test_production_refuses_to_start_with_the_local_channel(settings) -> None:  # type: ignore[no-untyped-def]
    settings.DEMO, settings.SESSION_COOKIE_SECURE, settings.SMS_CHANNEL = False, True, "local"
    assert [error.id for error in local_channel_only_in_demo(None)] == ["notices.E001"]
    assert "notices.E001" in [error.id for error in run_checks()]
    settings.SMS_CHANNEL = "http"
    assert local_channel_only_in_demo(None) == []
    settings.SMS_URL = ""
    assert [error.id for error in http_channel_has_an_address(None)] == ["notices.E002"]
    settings.SMS_URL = "https://sms.example/send"
    assert http_channel_has_an_address(None) == []


def test_without_a_mail_server_nothing_is_queued_for_mail(settings) -> None:  # type: ignore[no-untyped-def]
    settings.MAIL_ON = False
    _send()
    assert list(Delivery.objects.values_list("channel", flat=True)) == [Channel.SMS]
    assert mail.outbox == []


def test_many_notices_cost_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(30):
        _send(key=f"enrolled:{number}", mobile=None, email=None)
    with django_assert_num_queries(1):
        assert len(api.inbox_of(person_id=7, language="zh-hans")) == 30


def _together(act, count: int) -> None:  # type: ignore[no-untyped-def]
    barrier = threading.Barrier(count)

    def run() -> None:
        try:
            barrier.wait()
            act()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
