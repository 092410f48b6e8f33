from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client

from lms.accounts.models import Person
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts
from lms.ledger.api import stretches_of
from lms.ledger.data import Outcome
from tests.factories.classes import FIRST_DAY, Cast, make_cast, make_filed_class
from tests.factories.learning import attend_live, practise
from tests.factories.way import carry_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A learner whose practice lasted ten minutes longer than the timetable; `seq` names that stretch."""

    cast: Cast
    run: ClassRunFacts
    learner: EnrolmentFacts
    other: EnrolmentFacts
    seq: int
    credited_seq: int


def make_dispute() -> Dispute:
    cast = make_cast()
    run, (learner, other) = make_filed_class(cast, names=("李秀兰", "赵鹏"))
    attend_live(learner)
    practise(learner, cast, minutes=190)
    carry_on()
    found = stretches_of(enrolment_id=learner.enrolment_id, first_on=FIRST_DAY, last_on=FIRST_DAY + timedelta(days=3))
    return Dispute(
        cast=cast,
        run=run,
        learner=learner,
        other=other,
        seq=next(one.seq for one in found if one.outcome is Outcome.REFUSED),
        credited_seq=next(one.seq for one in found if one.outcome is Outcome.CREDITED),
    )


@pytest.fixture
def dispute(db: None) -> Dispute:
    return make_dispute()


def signed_in(person_id: int) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    client.force_login(Person.objects.get(pk=person_id))
    return client
