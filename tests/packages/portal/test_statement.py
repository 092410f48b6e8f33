"""The statement of hours: figures that add up, a picture that stays small, words for each refusal."""

from __future__ import annotations

import csv
import gzip
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.api import get_curriculum
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.data import ReasonCode, RefusedStretch
from lms.ledger.api import entries_for, post_credits, statement_for, stretches_of, sums_of
from lms.ledger.data import EntryKind, Outcome
from lms.portal.timeline import ROWS_A_DAY, add_up, lanes, unit_bars
from tests.factories.classes import LIVE_UNIT
from tests.factories.ledger import DAY, HOUR, MINUTE, NOON, NOW, proposal_of, video
from tests.packages.portal.conftest import House, signed_in, words_of


def page_of(learner: EnrolmentFacts) -> str:
    return f"/statement/{learner.enrolment_id}/"


def refuse(learner: EnrolmentFacts, *, start: int = NOON, length: int = 90_500, reason: ReasonCode) -> None:
    """One refused stretch of a video."""
    part = RefusedStretch(stretch=video(start, length, 0), reason=reason)
    post_credits(proposals=[proposal_of(learner, refused=(part,))], now=NOW)


def shown_seconds(client: Client, path: str) -> list[int]:
    return [int(text) for text in re.findall(r'data-seconds="(\d+)"', client.get(path).content.decode())]


def test_the_statement_shows_the_day_on_the_clock_and_the_stretch_below(house: House) -> None:
    page = words_of(signed_in(house.learning.learner_id), page_of(house.learning))
    assert "每天的学习" in page
    assert "3月9日 星期一 150 分钟" in page
    assert "09:00–11:30 安全用电 150 分钟" in page
    assert "理论考核 55 分，合格线 60 分" in page


def test_asked_is_counted_and_not_counted_as_in_the_ledger(house: House) -> None:
    learner = house.learning
    refuse(learner, reason=ReasonCode.SPEED_CLIP)
    refuse(learner, start=NOON + HOUR, reason=ReasonCode.NO_PRESENCE)
    asked, counted, lost = shown_seconds(signed_in(learner.learner_id), page_of(learner))
    entries = entries_for(learner_id=learner.learner_id, enrolment_id=learner.enrolment_id)
    assert counted == sum(entry.seconds for entry in entries if entry.kind is EntryKind.CREDIT) == 9000
    assert lost == sum(entry.milliseconds // 1000 for entry in entries if entry.kind is EntryKind.REFUSAL) == 180
    assert asked == counted + lost
    assert sum(statement_for(enrolment_id=learner.enrolment_id, now=NOW).refused_seconds.values()) == lost


def test_a_refused_stretch_says_why_under_which_rule_and_what_to_do(house: House) -> None:
    refuse(house.learning, reason=ReasonCode.SPEED_CLIP)
    chinese = words_of(signed_in(house.learning.learner_id), page_of(house.learning))
    assert "12:00:00–12:01:30 未计入：播放过快" in chinese
    assert "怎么办 请用正常速度观看" in chinese
    assert "首次观看最高 1.0 倍速 [REF] first viewing at normal speed" in chinese
    assert "REF-HOURS-2026.1 · speed_clip" in chinese
    answer = signed_in(house.learning.learner_id).get(page_of(house.learning), headers={"Accept-Language": "en"})
    assert "First viewing at most at normal speed" in answer.content.decode()


def test_no_script_and_no_style_stand_in_the_page(house: House) -> None:
    refuse(house.learning, reason=ReasonCode.SPEED_CLIP)
    page = signed_in(house.learning.learner_id).get(page_of(house.learning)).content.decode()
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son[a-z]+=", page)


@pytest.mark.parametrize(
    "query",
    ["?page=x", "?page=99999999", "?day=2026-02-31", "?month=2026-13", "?month=';--", "?day=1999-01-01",
     "?month=1999-01", "?page=-1"],
)  # fmt: skip
def test_any_query_gets_a_page(house: House, query: str) -> None:
    assert signed_in(house.learning.learner_id).get(page_of(house.learning) + query).status_code == 200


def test_a_thousand_stretches_make_a_page_as_small_and_quick_as_ten(house: House) -> None:
    learner, client = house.learning, signed_in(house.learning.learner_id)
    refuse(learner, reason=ReasonCode.SPEED_CLIP)
    few = queries(client, page_of(learner))
    parts = [
        (NOON + day * 24 * HOUR + number * 6 * MINUTE, reason)
        for day in range(10)
        for number, reason in enumerate([ReasonCode.SPEED_CLIP, ReasonCode.NO_PRESENCE] * 50)
    ]
    post_credits(
        proposals=[
            proposal_of(learner, refused=(RefusedStretch(stretch=video(start, 30_000, 0), reason=reason),))
            for start, reason in parts
        ],
        now=NOW,
    )
    many = queries(client, page_of(learner))
    assert many == few <= 25
    for path in (page_of(learner), f"{page_of(learner)}?day={DAY.isoformat()}", f"{page_of(learner)}?page=2"):
        body = client.get(path).content
        assert len(body) < 260_000, path
        assert len(gzip.compress(body)) < 30_000, path
    counted = client.get(page_of(learner)).content.decode()
    assert counted.count('class="stretch"') <= 7 * ROWS_A_DAY
    day = client.get(f"{page_of(learner)}?day={(DAY + timedelta(days=1)).isoformat()}&page=2").content.decode()
    assert day.count('class="stretch"') == 40
    assert 'rel="prev"' in day
    assert 'rel="next"' in day


def test_the_file_has_every_entry_with_exact_milliseconds(house: House) -> None:
    refuse(house.learning, reason=ReasonCode.SPEED_CLIP)
    answer = signed_in(house.learning.learner_id).get(f"{page_of(house.learning)}entries.csv")
    text = answer.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    entries = entries_for(learner_id=house.learning.learner_id, enrolment_id=house.learning.enrolment_id)
    assert [(row["no"], row["milliseconds"], row["hash"]) for row in rows] == [
        (str(entry.seq), str(entry.milliseconds), entry.entry_hash) for entry in entries
    ]
    assert {row["reason"] for row in rows} == {"live_attended", "examined", "speed_clip"}
    assert signed_in(house.finished.learner_id).get(f"{page_of(house.learning)}entries.csv").status_code == 404


def test_lanes_keep_to_the_clock_and_draw_only_what_can_be_seen(house: House) -> None:
    learner = house.learning
    for number in range(30):
        refuse(learner, start=NOON + number * 6 * MINUTE, length=1_000, reason=ReasonCode.SPEED_CLIP)
    curriculum = get_curriculum(curriculum_id=learner.curriculum_id)
    days = [DAY, DAY - timedelta(days=1)]
    stretches = stretches_of(enrolment_id=learner.enrolment_id, first_on=days[1], last_on=days[0])
    chart = lanes(days, stretches, sums_of(enrolment_id=learner.enrolment_id), curriculum)
    assert chart["ticks"] == ["6:00", "10:00", "14:00", "18:00", "22:00"]
    newest, oldest = chart["days"]
    assert [(block["x"], block["width"], block["paint"]) for block in oldest["blocks"]] == [
        ("18.75%", "15.63%", "live")
    ]
    assert (newest["total"], len(newest["rows"]), newest["hidden"]) == (30, ROWS_A_DAY, 30 - ROWS_A_DAY)
    assert all(block["paint"] == "lost" for block in newest["blocks"])
    assert sum(block["shown"] for block in newest["blocks"]) <= ROWS_A_DAY


def test_a_unit_bar_shows_what_counts_of_it(house: House) -> None:
    learner = house.learning
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    bars = unit_bars(
        get_curriculum(curriculum_id=learner.curriculum_id), statement, sums_of(enrolment_id=learner.enrolment_id), {}
    )
    live = next(bar for bar in bars if bar["key"] == LIVE_UNIT)
    assert [(bar["paint"], bar["x"], bar["width"]) for bar in live["bars"]] == [("live", "0.00%", "83.34%")]
    assert not live["done"]


def test_what_waits_stands_apart_and_is_part_of_what_was_asked(house: House) -> None:
    added = add_up(sums_of(enrolment_id=house.learning.enrolment_id), pending_ms=90_999)
    assert (added.credited, added.refused, added.pending, added.asked) == (9000, 0, 90, 9090)
    assert added.lost == ()
    assert {line.outcome for line in sums_of(enrolment_id=house.learning.enrolment_id)} == {Outcome.CREDITED}


def queries(client: Client, path: str) -> int:
    client.get(path)  # fills what is cached for everybody
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)
