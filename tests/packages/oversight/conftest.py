from __future__ import annotations

import pytest

from lms.enrolment.data import EnrolmentFacts
from tests.factories.classes import Cast, make_cast, make_filed_class


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def learner(cast: Cast) -> EnrolmentFacts:
    _, (enrolment,) = make_filed_class(cast, names=("李秀兰",))
    return enrolment
