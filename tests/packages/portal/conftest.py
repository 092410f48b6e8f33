from __future__ import annotations

import html
import re
from dataclasses import dataclass

import pytest
from django.test import Client

from lms.accounts.models import Person
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts
from tests.factories.classes import THEORY_EXAM, Cast, make_cast, make_filed_class
from tests.factories.learning import LATER, attend_live, complete, sit_exam
from tests.factories.subsidy import vouch_for
from tests.factories.way import carry_on


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A class of which one person has finished and one has attended most of the live class and sat one exam."""

    cast: Cast
    run: ClassRunFacts
    finished: EnrolmentFacts
    learning: EnrolmentFacts


@pytest.fixture
def house(db: None) -> House:
    cast = make_cast()
    run, (finished, learning) = make_filed_class(cast, names=("李秀兰", "赵鹏"))
    for person in (finished, learning):
        vouch_for(person.learner_id, now=LATER)
    complete(finished, cast)
    attend_live(learning, minutes=150)
    sit_exam(learning, cast, unit=THEORY_EXAM, score=55)
    carry_on()
    return House(cast=cast, run=run, finished=finished, learning=learning)


def signed_in(person_id: int) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    client.force_login(Person.objects.get(pk=person_id))
    return client


def words_of(client: Client, path: str) -> str:
    """What a reader of the page sees: its text without tags, spaces put together."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    text = re.sub(r"<svg.*?</svg>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))
