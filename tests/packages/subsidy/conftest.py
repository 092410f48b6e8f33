from __future__ import annotations

from uuid import UUID

import pytest

from lms.completion.api import issue_record
from lms.db.models import OutboxEntry
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import assess_evidence
from lms.ledger.api import post_credit
from tests.factories.classes import Cast, make_cast, make_filed_class
from tests.factories.learning import LATER, complete
from tests.factories.subsidy import vouch_for


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def learner(cast: Cast) -> EnrolmentFacts:
    """On the roster of a filed SME-GROUP class, vouched for, nothing learnt yet."""
    facts = make_filed_class(cast)[1][0]
    vouch_for(facts.learner_id)
    return facts


def credit_all() -> None:
    """Evidence becomes ledger entries, and the record is issued or revoked; the later steps are left to the test."""
    for row in OutboxEntry.objects.filter(topic="evidence.recorded", done_at=None).order_by("id"):
        post_credit(proposal=assess_evidence(evidence_id=UUID(row.key)), now=LATER)
        OutboxEntry.objects.filter(pk=row.pk).update(done_at=LATER)


@pytest.fixture
def graduate(learner: EnrolmentFacts, cast: Cast) -> EnrolmentFacts:
    """The same learner with everything done and the completion record issued."""
    complete(learner, cast)
    credit_all()
    assert issue_record(enrolment_id=learner.enrolment_id, now=LATER) is not None
    return learner
