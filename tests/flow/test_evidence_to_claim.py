"""From sealed evidence to an approved claim, along the four steps."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from lms.claims import api as claims
from lms.claims.data import BatchState, LineState, UnableToReview, Verdict
from lms.claims.models import ClaimBatch, ClaimLine
from lms.completion import api as completion
from lms.db.api import oldest_waiting
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.data import ReasonCode
from lms.ledger.api import entries_for, reverse_entry
from lms.notices.api import inbox_of
from lms.notices.data import NoticeKind
from lms.subsidy import api as subsidy
from lms.subsidy.data import Outcome
from tests.factories.classes import PRACTICE_EXAM, THEORY_EXAM, Cast, make_cast, make_filed_class
from tests.factories.learning import LATER, attend_live, complete, sit_exam
from tests.factories.way import carry_on

AMOUNT = 8 * 1500 + 1000 + 6500


def vouch(*enrolments: EnrolmentFacts, cast: Cast) -> None:
    """What the policy must know about people before it says yes."""
    from lms.accounts.api import raise_level, record_status
    from lms.accounts.data import CheckMethod, Level

    for item in enrolments:
        raise_level(
            person_id=item.learner_id, to=Level.SUPERVISED, method=CheckMethod.SUPERVISED, actor_id=cast.officer_id,
            now=LATER,
        )  # fmt: skip
        record_status(
            person_id=item.learner_id, actor_id=cast.officer_id, hukou="local", draws_pension=False, insured=True,
            now=LATER,
        )  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def the_draft() -> str:
    return ClaimBatch.objects.get().number


def test_evidence_becomes_a_claim_of_195_yuan_and_is_approved(cast: Cast) -> None:
    run, (alice, bob) = make_filed_class(cast, names=("李秀兰", "张建国"))
    vouch(alice, bob, cast=cast)
    complete(alice, cast)
    attend_live(bob)
    sit_exam(bob, cast, unit=THEORY_EXAM, score=80)
    sit_exam(bob, cast, unit=PRACTICE_EXAM, score=80)
    carry_on()
    assert oldest_waiting() is None
    record = completion.record_for(enrolment_id=alice.enrolment_id)
    assert record is not None
    draft = claims.draft_for(number=the_draft(), now=LATER)
    assert [(line.person_id, line.amount_fen) for line in draft.lines] == [(alice.learner_id, AMOUNT)]
    assert draft.batch.payee_id == run.provider_id
    (left_out,) = draft.excluded
    assert left_out.person_id == bob.learner_id
    assert {"HRS-03", "GEN-06"} <= set(left_out.decision.assessment.failed_clauses)
    done = claims.submit(number=draft.batch.number, actor_id=cast.provider_admin_id, now=LATER)
    assert (done.state, done.total_fen, done.submitted_at) == (BatchState.SUBMITTED, AMOUNT, LATER)
    again = claims.submit(number=draft.batch.number, actor_id=cast.provider_admin_id, now=LATER)
    assert again == done
    approved = claims.review(
        number=done.number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER
    )
    assert (approved.state, approved.total_fen) == (BatchState.APPROVED, 19_500)
    content = claims.payment_file(number=done.number, officer_id=cast.officer_id, now=LATER).decode("utf-8-sig")
    assert content.splitlines()[-1].endswith("195.00")
    assert "浦江职业技能培训学校" in content
    assert [line.status for line in claims.lines_of(person_id=alice.learner_id)] == ["paid"]
    carry_on()
    assert oldest_waiting() is None
    heard = {notice.kind: notice for notice in inbox_of(person_id=cast.provider_admin_id, language="zh-hans")}
    assert set(heard) == {NoticeKind.CLAIM_SUBMITTED, NoticeKind.CLAIM_DECIDED}
    assert done.receipt_no in heard[NoticeKind.CLAIM_SUBMITTED].body
    assert heard[NoticeKind.CLAIM_DECIDED].title == f"申领批次 {done.number}：已通过"
    assert heard[NoticeKind.CLAIM_DECIDED].body == "¥195.00"


def test_redelivery_of_everything_changes_nothing(cast: Cast) -> None:
    from lms.db.models import OutboxEntry

    _, (alice,) = make_filed_class(cast)
    vouch(alice, cast=cast)
    complete(alice, cast)
    carry_on()
    before = (entries_for(learner_id=alice.learner_id), list(ClaimLine.objects.values()))
    OutboxEntry.objects.update(done_at=None, due_at=LATER)
    carry_on()
    assert (entries_for(learner_id=alice.learner_id), list(ClaimLine.objects.values())) == before
    assert len(subsidy.decisions_for(enrolment_id=alice.enrolment_id)) == 1


def test_a_reversal_runs_the_last_three_steps_again(cast: Cast) -> None:
    _, (alice,) = make_filed_class(cast)
    vouch(alice, cast=cast)
    complete(alice, cast)
    carry_on()
    entry = next(item for item in entries_for(learner_id=alice.learner_id) if item.mode == "practice")
    reverse_entry(
        learner_id=alice.learner_id, seq=entry.seq, reason=ReasonCode.VOID_FRAUD, note="代签",
        author_id=cast.provider_admin_id, approver_id=cast.officer_id, now=LATER,
    )  # fmt: skip
    carry_on()
    assert completion.record_for(enrolment_id=alice.enrolment_id) is None
    decision = subsidy.decision_for(enrolment_id=alice.enrolment_id, programme="SME-GROUP")
    assert decision is not None
    assert decision.outcome is Outcome.REFUSE
    assert [line.state for line in ClaimLine.objects.all()] == [LineState.WITHDRAWN]


def test_a_refusal_needs_a_reason_and_the_first_verdict_stands(cast: Cast) -> None:
    _, (alice,) = make_filed_class(cast)
    vouch(alice, cast=cast)
    complete(alice, cast)
    carry_on()
    number = the_draft()
    with pytest.raises(UnableToReview, match="not_submitted"):
        claims.review(number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    claims.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    with pytest.raises(UnableToReview, match="reason_needed"):
        claims.review(number=number, officer_id=cast.officer_id, verdict=Verdict.REFUSE, reason=" ", now=LATER)
    with pytest.raises(UnableToReview, match="own_claim"):
        claims.review(number=number, officer_id=cast.provider_admin_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    claims.review(number=number, officer_id=cast.officer_id, verdict=Verdict.REFUSE, reason="名册不符", now=LATER)
    with pytest.raises(UnableToReview, match="already_decided"):
        claims.review(number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    assert [(line.state, line.reason) for line in ClaimLine.objects.all()] == [(LineState.REFUSED, "名册不符")]


@pytest.mark.django_db(transaction=True)
def test_eight_threads_drain_and_submit_at_once_and_nothing_is_doubled() -> None:
    cast = make_cast()
    _, people = make_filed_class(cast, names=("李秀兰", "张建国", "王芳"))
    vouch(*people, cast=cast)
    for person in people:
        complete(person, cast)
    receipts: list[str] = []
    faults: list[BaseException] = []

    def run(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001  the test shows whatever a thread met
            faults.append(error)
        finally:
            connections.close_all()

    def race(work: object) -> None:
        threads = [threading.Thread(target=run, args=(work,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    race(carry_on)
    carry_on()
    assert faults == []
    number = the_draft()
    assert claims.get_batch(number=number).total_fen == 3 * AMOUNT
    race(lambda: receipts.append(claims.submit(number=number, actor_id=cast.provider_admin_id, now=LATER).receipt_no))
    assert faults == []
    assert len(receipts) == 8
    assert len(set(receipts)) == 1
    assert ClaimLine.objects.filter(state=LineState.SUBMITTED).count() == 3
