"""Two people press the same button: one claim, one verdict."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from lms.claims import api
from lms.claims.data import BatchState, LineState, UnableToReview, Verdict
from lms.claims.models import ClaimBatch, ClaimEvent, ClaimLine
from tests.factories.classes import make_cast
from tests.factories.learning import LATER
from tests.packages.claims.conftest import make_claim


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each thread got back, or the exception it met."""
    answers: list[object] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            answers.append(work())
        except Exception as error:  # noqa: BLE001  the test judges what each thread met
            answers.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_a_claim_submitted_by_eight_threads_at_once_is_one_claim() -> None:
    cast = make_cast()
    number, _run, _people = make_claim(cast)
    answers = at_once(*[lambda: api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)] * 8)
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert ClaimBatch.objects.get().state == BatchState.SUBMITTED
    assert [line.state for line in ClaimLine.objects.all()] == [LineState.SUBMITTED]
    assert [event.action for event in ClaimEvent.objects.all()] == ["submitted"]


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_and_a_refusal_at_once_one_stands() -> None:
    cast = make_cast()
    number, _run, _people = make_claim(cast)
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)

    def say(verdict: Verdict) -> Callable[[], object]:
        return lambda: api.review(
            number=number, officer_id=cast.officer_id, verdict=verdict, reason="名册不符", now=LATER
        )

    answers = at_once(*[say(Verdict.APPROVE), say(Verdict.REFUSE)] * 4)
    refused = [answer for answer in answers if isinstance(answer, UnableToReview)]
    assert len(refused) == 4
    assert {error.code for error in refused} == {"already_decided"}
    assert ClaimEvent.objects.exclude(action="submitted").count() == 1
    (line,) = ClaimLine.objects.all()
    assert line.state == ClaimBatch.objects.get().state
