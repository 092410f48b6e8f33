"""Flags: raised once, decided by people with a reason, read by district."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.test import Client
from django.utils import translation

from lms.accounts.models import AuditEvent, Person
from lms.enrolment.data import EnrolmentFacts
from lms.oversight import api
from lms.oversight.data import FlagNotFound, FlagState, RuleShare, UnableToDecide
from lms.oversight.models import Flag, FlagDecision
from lms.oversight.registry import RuleIsBroken, find_rules, installed_rules
from lms.oversight.words import WORDS
from tests.factories.classes import Cast, make_cast, make_filed_class
from tests.factories.everybody import raise_flag
from tests.factories.learning import LATER


def decide(flag_id: int, cast: Cast, outcome: FlagState, reason: str = "问过本人和企业") -> None:
    api.decide_flag(flag_id=flag_id, officer_id=cast.officer_id, outcome=outcome, reason=reason, now=LATER)


def test_an_officer_decides_with_a_reason_and_it_is_on_record(cast: Cast, learner: EnrolmentFacts) -> None:
    flag = raise_flag(learner)
    decide(flag.pk, cast, FlagState.CONFIRMED)
    facts, (verdict,) = api.get_flag(flag_id=flag.pk, officer_id=cast.officer_id, now=LATER)
    assert facts.state is FlagState.CONFIRMED
    assert (verdict.reason, verdict.decided_by, verdict.decided_at) == ("问过本人和企业", cast.officer_id, LATER)
    event = AuditEvent.objects.get(object_kind="flag")
    assert (event.action, event.object_id, event.actor_id) == ("flag_confirmed", str(flag.pk), cast.officer_id)


@pytest.mark.parametrize(("outcome", "reason"), [(FlagState.CLEARED, "  "), (FlagState.OPEN, "看过")])
def test_a_decision_needs_an_outcome_and_a_reason(
    cast: Cast, learner: EnrolmentFacts, outcome: FlagState, reason: str
) -> None:
    with pytest.raises(UnableToDecide, match="reason_needed"):
        decide(raise_flag(learner).pk, cast, outcome, reason)
    assert not FlagDecision.objects.exists()


def test_a_later_decision_replaces_an_earlier_one_and_both_stay(cast: Cast, learner: EnrolmentFacts) -> None:
    flag = raise_flag(learner)
    decide(flag.pk, cast, FlagState.CONFIRMED)
    with pytest.raises(UnableToDecide, match="already_so"):
        decide(flag.pk, cast, FlagState.CONFIRMED)
    decide(flag.pk, cast, FlagState.CLEARED, "手机时钟有问题")
    facts, verdicts = api.get_flag(flag_id=flag.pk, officer_id=cast.officer_id, now=LATER)
    assert facts.state is FlagState.CLEARED
    assert [verdict.state for verdict in verdicts] == [FlagState.CLEARED, FlagState.CONFIRMED]


def test_open_flags_are_those_that_nobody_has_cleared(cast: Cast, learner: EnrolmentFacts) -> None:
    waiting, confirmed, cleared = (raise_flag(learner, number=number).pk for number in (1, 2, 3))
    decide(confirmed, cast, FlagState.CONFIRMED)
    decide(cleared, cast, FlagState.CLEARED)
    ids = [learner.enrolment_id]
    assert [flag.flag_id for flag in api.open_flags(enrolment_ids=ids)] == [waiting, confirmed]
    assert [flag.flag_id for flag in api.open_flags(enrolment_ids=ids, include_confirmed=False)] == [waiting]
    assert api.open_flags(enrolment_ids=[]) == ()


def test_a_rule_that_is_seldom_right_is_advice_only(cast: Cast, learner: EnrolmentFacts) -> None:
    for number in range(10):
        flag = raise_flag(learner, number=number)
        decide(flag.pk, cast, FlagState.CONFIRMED if number < 2 else FlagState.CLEARED)
    raise_flag(learner, number=11)
    share = next(share for share in api.rule_shares() if share.rule == "speed_anomaly")
    assert share == RuleShare(rule="speed_anomaly", open=1, cleared=8, confirmed=2)
    assert (share.confirmed_percent, share.advisory) == (20, True)
    assert not RuleShare(rule="x", open=0, cleared=7, confirmed=3).advisory
    assert not RuleShare(rule="x", open=0, cleared=9, confirmed=0).advisory


def test_an_officer_of_another_district_finds_nothing(cast: Cast, learner: EnrolmentFacts) -> None:
    flag = raise_flag(learner)
    for person_id in (cast.provider_admin_id, cast.stranger_id):
        with pytest.raises(FlagNotFound):
            api.get_flag(flag_id=flag.pk, officer_id=person_id, now=LATER)
        assert not api.flags_for_officer(officer_id=person_id, now=LATER).exists()
    assert [row.pk for row in api.flags_for_officer(officer_id=cast.officer_id, now=LATER)] == [flag.pk]


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_one_decides() -> None:
    cast = make_cast()
    _, (learner,) = make_filed_class(cast, names=("李秀兰",))
    flag = raise_flag(learner)
    refusals: list[str] = []
    barrier = threading.Barrier(4)

    def try_it(outcome: FlagState) -> None:
        try:
            barrier.wait()
            decide(flag.pk, cast, outcome)
        except UnableToDecide as error:
            refusals.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=try_it, args=(FlagState.CONFIRMED,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert FlagDecision.objects.count() == 1
    assert set(refusals) <= {"already_so", "decided_meanwhile"}
    assert len(refusals) == 3


def test_every_rule_has_its_words_and_every_word_its_figures() -> None:
    assert set(installed_rules()) == set(WORDS)


def test_a_file_without_a_rule_of_its_name_stops_the_start(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "planted_rules"  # type: ignore[operator]
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "nothing.py").write_text("RULE = None\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RuleIsBroken, match="nothing"):
        find_rules(str(folder), "planted_rules")


@pytest.mark.parametrize(
    ("language", "seen"),
    [
        ("zh-hans", "2 分 30 秒的时间里上报了 40 分 0 秒的视频"),
        ("en", "40 min 0 s of video were claimed for 2 min 30 s"),
    ],
)
def test_the_page_says_what_was_seen_and_takes_the_decision(
    cast: Cast, learner: EnrolmentFacts, language: str, seen: str
) -> None:
    flag = raise_flag(learner)
    client = Client()
    client.force_login(Person.objects.get(pk=cast.officer_id))
    client.cookies["django_language"] = language
    with translation.override(language):
        assert f"/oversight/flags/{flag.pk}/" in client.get("/oversight/flags/").content.decode()
        page = client.get(f"/oversight/flags/{flag.pk}/").content.decode()
    assert seen.replace(" ", "") in page.replace(" ", "")
    assert f"/statement/{learner.enrolment_id}/" in page
    client.post(f"/oversight/flags/{flag.pk}/decide/", {"outcome": "cleared", "reason": "插件所致"})
    assert "插件所致" in client.get(f"/oversight/flags/{flag.pk}/").content.decode()
    assert f"/oversight/flags/{flag.pk}/" not in client.get("/oversight/flags/").content.decode()
    assert f"/oversight/flags/{flag.pk}/" in client.get("/oversight/flags/?state=cleared").content.decode()
    assert Flag.objects.count() == 1
