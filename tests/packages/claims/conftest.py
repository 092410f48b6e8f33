from __future__ import annotations

from collections.abc import Sequence

import pytest

from lms.claims.models import ClaimBatch
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts
from tests.factories.classes import Cast, make_cast, make_filed_class
from tests.factories.learning import LATER, complete
from tests.factories.subsidy import vouch_for
from tests.factories.way import carry_on


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def make_claim(
    cast: Cast, *, finish: Sequence[str] = ("李秀兰",), leave_out: Sequence[str] = ()
) -> tuple[str, ClassRunFacts, tuple[EnrolmentFacts, ...]]:
    """The number of the draft that the straight way made for those who finish; the others learnt nothing."""
    run, people = make_filed_class(cast, names=(*finish, *leave_out))
    for index, person in enumerate(people):
        vouch_for(person.learner_id, now=LATER)
        if index < len(finish):
            complete(person, cast)
    carry_on()
    return ClaimBatch.objects.get(class_run_id=run.class_run_id).number, run, people
