"""Help from any page: the form knows the page, people answer in time, nobody sees another's question."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from lms.accounts import api as accounts
from lms.accounts.data import OrganisationKind, Role
from lms.accounts.models import Person
from lms.notices import api as notices
from lms.notices.models import LocalMessage, Notice
from lms.support import api
from lms.support.data import PageContext, TicketFacts, TicketState, Timer, UnableToOpenTicket, UnknownTicket
from lms.support.models import Answer, Ticket

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PASSWORD = "hai-shang-ming-yue"
PAGE = PageContext(
    path="/classes/12/",
    title="养老护理员",
    view_name="enrolment:class",
    kwargs={"class_run_id": "12"},
    request_id="req-1",
    user_agent="Test",
    ip="192.0.2.1",
)


def _person(username: str, name: str = "张三", role: Role | None = None) -> int:
    person = accounts.create_account(name=name, username=username, password=PASSWORD, actor_id=None, now=NOW)
    if role:
        place = accounts.create_organisation(kind=OrganisationKind.PLATFORM, name="职培云", actor_id=None, now=NOW)
        accounts.grant_role(
            person_id=person.person_id,
            organisation_id=place.organisation_id,
            role=role,
            from_on=NOW.date(),
            actor_id=None,
            now=NOW,
        )
    return person.person_id


def _ask(person_id: int | None = None, **changed: object) -> TicketFacts:
    values = {"text": "视频打不开", "page": PAGE, "language": "zh-hans", "now": NOW, **changed}
    return api.open_ticket(person_id=person_id, **values)  # type: ignore[arg-type]


def _signed_in(client: Client, person_id: int) -> Client:
    client.force_login(Person.objects.get(pk=person_id))
    return client


def test_a_question_keeps_the_page_it_came_from_and_starts_both_timers() -> None:
    ticket = _ask(_person("zhangsan"))
    assert (ticket.number, ticket.state, ticket.name, ticket.text) == (
        f"H-{ticket.ticket_id:06d}",
        TicketState.WAITING,
        "张三",
        "视频打不开",
    )
    assert (ticket.page, ticket.class_run_id) == (PAGE, 12)
    assert (ticket.answer_due_at, ticket.solve_due_on) == (NOW + 2 * HOUR, date(2026, 3, 5))
    assert (ticket.answer_timer, ticket.solve_timer) == (Timer.RUNNING, Timer.RUNNING)
    assert (api.waiting_count(), api.late_count(now=NOW), api.late_count(now=NOW + 2 * HOUR)) == (1, 0, 1)


def test_an_answer_tells_the_author_and_stops_the_timer() -> None:
    me, operator = _person("zhangsan"), _person("yunying", "钱六", Role.OPERATOR)
    ticket = _ask(me)
    answered = api.answer_ticket(
        ticket_id=ticket.ticket_id, author_id=operator, text="请刷新页面", close=False, now=NOW + HOUR
    )
    assert (answered.state, answered.answer_due_at, answered.answer_timer) == (TicketState.ANSWERED, None, Timer.KEPT)
    assert [(said.by_staff, said.author_name, said.text) for said in answered.said] == [(True, "钱六", "请刷新页面")]
    (notice,) = notices.inbox_of(person_id=me, language="zh-hans")
    assert (notice.title, notice.body, notice.link) == (
        f"您的帮助请求 {ticket.number} 有了回复",
        "请刷新页面",
        f"/help/mine/{ticket.ticket_id}/",
    )


def test_a_reply_starts_a_fresh_two_hours_and_the_author_may_close() -> None:
    me, operator = _person("zhangsan"), _person("yunying", "钱六", Role.OPERATOR)
    ticket = _ask(me)
    who = {"ticket_id": ticket.ticket_id, "person_id": me, "token": ""}
    api.answer_ticket(ticket_id=ticket.ticket_id, author_id=operator, text="好了吗", close=True, now=NOW + HOUR)
    again = api.reply(text="还是不行", now=NOW + 3 * HOUR, **who)  # type: ignore[arg-type]
    assert (again.state, again.answer_due_at, again.closed_at) == (TicketState.WAITING, NOW + 5 * HOUR, None)
    more = api.reply(text="补充", now=NOW + 4 * HOUR, **who)  # type: ignore[arg-type]
    assert more.answer_due_at == NOW + 5 * HOUR
    closed = api.close_ticket(now=NOW + 4 * HOUR, **who)  # type: ignore[arg-type]
    assert (closed.state, closed.closed_at, closed.solve_timer) == (TicketState.CLOSED, NOW + 4 * HOUR, Timer.KEPT)
    assert api.close_ticket(now=NOW + 9 * HOUR, **who).closed_at == NOW + 4 * HOUR  # type: ignore[arg-type]
    assert [said.text for said in closed.said] == ["好了吗", "还是不行", "补充"]


def test_nobody_but_an_operator_answers_and_nobody_sees_anothers_question() -> None:
    me, other = _person("zhangsan"), _person("lisi", "李四")
    ticket = _ask(me)
    with pytest.raises(UnknownTicket):
        api.answer_ticket(ticket_id=ticket.ticket_id, author_id=other, text="x", close=True, now=NOW)
    with pytest.raises(UnknownTicket):
        api.get_own_ticket(ticket_id=ticket.ticket_id, person_id=other, now=NOW)
    with pytest.raises(UnknownTicket):
        api.get_ticket(ticket_id=ticket.ticket_id, operator_id=me, now=NOW)
    with pytest.raises(UnknownTicket):
        api.reply(ticket_id=ticket.ticket_id, person_id=other, token=ticket.token, text="x", now=NOW)
    with pytest.raises(UnknownTicket):
        api.reply(ticket_id=ticket.ticket_id, person_id=None, token=ticket.token, text="x", now=NOW)
    with pytest.raises(UnknownTicket):
        api.get_ticket_by_token(token=ticket.token, now=NOW)
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"text": " \n\x00"}, "empty"), ({"text": "字" * 4001}, "too_long"), ({"mobile": "123"}, "mobile")],
)
def test_an_unusable_question_is_refused(changed: dict[str, str], code: str) -> None:
    with pytest.raises(UnableToOpenTicket) as refused:
        _ask(None, **changed)
    assert refused.value.code == code
    assert not Ticket.objects.exists()


def test_answers_can_not_be_changed_behind_our_back() -> None:
    operator = _person("yunying", "钱六", Role.OPERATOR)
    api.answer_ticket(ticket_id=_ask().ticket_id, author_id=operator, text="好", close=False, now=NOW)
    with pytest.raises(Exception, match=r"append-only|permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE support_answer SET text = 'x'")


def test_the_form_opens_with_the_pages_context_and_lists_it(client: Client) -> None:
    page = client.get("/help/?from=/accounts/me/devices/browser/7/end/&title=我的").content.decode()
    assert 'name="from" value="/accounts/me/devices/browser/7/end/"' in page
    assert "我的" in page
    referred = client.get("/help/", headers={"Referer": "http://testserver/courses/"}).content.decode()
    assert 'name="from" value="/courses/"' in referred


@pytest.mark.parametrize("place", ["https://evil.example/x", "//evil.example/x", "/\\evil", "javascript:alert(1)"])
def test_a_page_of_another_site_is_no_context(client: Client, place: str) -> None:
    page = client.get("/help/", {"from": place}).content.decode()
    assert 'name="from" value=""' in page
    client.post("/help/", {"from": place, "text": "hi"})
    assert Ticket.objects.get().path == ""


def test_somebody_without_an_account_asks_and_reads_the_answer_by_the_address(client: Client) -> None:
    operator = _person("yunying", "钱六", Role.OPERATOR)
    typed = {"text": "收不到验证码", "from": "/accounts/login/", "name": "王阿姨", "mobile": "138 0013 8000"}
    answer = client.post("/help/", typed, headers={"User-Agent": "OldPhone/1"})
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/help/t/{ticket.token}/"
    assert (ticket.path, ticket.view_name, ticket.user_agent) == ("/accounts/login/", "accounts:login", "OldPhone/1")
    assert "收不到验证码" in client.get(answer["Location"]).content.decode()
    api.answer_ticket(ticket_id=ticket.pk, author_id=operator, text="已重发", close=False, now=NOW)
    assert "已重发" in client.get(answer["Location"]).content.decode()
    assert "钱六" not in client.get(answer["Location"]).content.decode()
    notices.deliver_due(now=NOW)
    assert (LocalMessage.objects.get().mobile, Notice.objects.get().person_id) == ("13800138000", None)
    client.post(answer["Location"], {"text": "谢谢"})
    client.post(answer["Location"], {"action": "close"})
    assert Ticket.objects.get().state == "closed"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM support_ticket t WHERE t::text LIKE '%%13800138000%%'", [])
        assert cursor.fetchone() == (0,)


def test_ids_in_the_address_of_the_page_go_along(client: Client) -> None:
    me = _person("zhangsan")
    _signed_in(client, me)
    client.post("/help/", {"text": "hi", "from": "/help/mine/5/?x=1"})
    assert Ticket.objects.get().kwargs == {"ticket_id": "5"}
    assert Ticket.objects.get().person_id == me


def test_an_empty_question_keeps_what_else_was_typed(client: Client) -> None:
    answer = client.post("/help/", {"text": "  ", "name": "王阿姨", "mobile": "13800138000", "from": "/courses/"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="王阿姨"' in page
    assert 'value="/courses/"' in page
    assert not Ticket.objects.exists()


def test_own_questions_are_listed_and_others_do_not_exist(client: Client) -> None:
    me, other = _person("zhangsan"), _person("lisi", "李四")
    mine, theirs, nobodys = _ask(me, text="我的问题"), _ask(other, text="别人的问题"), _ask(None, text="没有账号")
    _signed_in(client, me)
    page = client.get("/help/mine/").content.decode()
    assert "我的问题" in page
    assert "别人的问题" not in page
    assert client.get(f"/help/mine/{mine.ticket_id}/").status_code == 200
    for foreign in (theirs, nobodys):
        assert client.get(f"/help/mine/{foreign.ticket_id}/").status_code == 404
        assert client.post(f"/help/mine/{foreign.ticket_id}/", {"text": "x"}).status_code == 404
    assert client.get(f"/help/t/{theirs.token}/").status_code == 404
    assert client.get("/help/t/nonsense/").status_code == 404
    assert not Answer.objects.exists()


def test_the_operators_list_shows_who_waits_longest_first(client: Client) -> None:
    operator = _person("yunying", "钱六", Role.OPERATOR)
    late = _ask(text="早的问题")
    _ask(text="晚的问题", now=datetime.now(UTC))
    _signed_in(client, operator)
    page = client.get("/help/desk/").content.decode()
    assert page.index("早的问题") < page.index("晚的问题")
    assert "答复超时" in page
    assert client.get("/help/desk/?state=nonsense").status_code == 200
    assert "没有内容" in client.get("/help/desk/?state=closed").content.decode()
    one = client.get(f"/help/desk/{late.ticket_id}/").content.decode()
    for shown in ("/classes/12/", "req-1", "班级"):
        assert shown in one
    assert client.post(f"/help/desk/{late.ticket_id}/", {"text": ""}).status_code == 400
    assert client.post(f"/help/desk/{late.ticket_id}/", {"text": "好了", "close": "on"})["Location"] == "/help/desk/"
    assert api.tickets_in(state=TicketState.CLOSED, now=NOW)[0].ticket_id == late.ticket_id
    assert client.get("/help/desk/999999/").status_code == 404


@pytest.mark.parametrize("path", ["/help/desk/", "/help/desk/1/"])
def test_the_operators_pages_do_not_exist_for_others(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"
    _signed_in(client, _person("zhangsan"))
    assert client.get(path).status_code == 404


def test_words_of_a_question_are_never_markup(client: Client) -> None:
    operator = _person("yunying", "钱六", Role.OPERATOR)
    ticket = _ask(text="<script>alert(1)</script>", page=PAGE, name="<b>x</b>")
    _signed_in(client, operator)
    for path in ("/help/desk/", f"/help/desk/{ticket.ticket_id}/", f"/help/t/{ticket.token}/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<b>x</b>" not in page


def test_questions_from_one_address_are_limited(client: Client) -> None:
    answers = [client.post("/help/", {"text": f"q{number}"}).status_code for number in range(21)]
    assert answers == [302] * 20 + [429]


def test_the_questions_are_part_of_the_persons_own_export(client: Client) -> None:
    me = _person("zhangsan")
    _ask(me)
    data = accounts.my_data_for(person_id=me, now=NOW)
    assert [row["text"] for row in json.loads(json.dumps(data["questions"]))] == ["视频打不开"]


def test_a_list_of_questions_costs_a_fixed_number_of_queries(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    operator = _person("yunying", "钱六", Role.OPERATOR)
    for number in range(5):
        ticket = _ask(text=f"q{number}")
        api.answer_ticket(ticket_id=ticket.ticket_id, author_id=operator, text="a", close=False, now=NOW)
    with django_assert_num_queries(3):
        assert len(api.tickets_in(state=TicketState.ANSWERED, now=NOW)) == 5
