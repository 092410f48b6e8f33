"""Drafts, submission, review and payment of claims, through the door, on a real database."""

from __future__ import annotations

import csv
import io

import psycopg
import pytest
from django.db import IntegrityError, transaction

from lms.accounts.api import create_organisation, grant_role
from lms.accounts.data import OrganisationKind, Role
from lms.claims import api
from lms.claims.data import (
    BatchState,
    ClaimNotFound,
    LineState,
    UnableToReview,
    UnableToSubmit,
    Verdict,
)
from lms.claims.models import ClaimBatch, ClaimEvent, ClaimLine
from lms.completion.api import record_for
from lms.evidence.data import ReasonCode
from lms.ledger.api import entries_for, reverse_entry
from lms.subsidy.data import LineStatus
from tests.factories.classes import FILED_AT, FILING_DAY, Cast, make_account, make_cast
from tests.factories.learning import LATER
from tests.factories.ledger import row_counts
from tests.factories.way import carry_on
from tests.packages.claims.conftest import make_claim

AMOUNT = 8 * 1500 + 1000 + 6500
TABLES = ("claims_claimbatch", "claims_claimline", "claims_claimevent", "db_outboxentry", "subsidy_decision")


def officer_in(district: str) -> int:
    person_id = make_account(f"officer-{district or 'anywhere'}", "方敏")
    place = create_organisation(
        kind=OrganisationKind.AUTHORITY, name=f"主管部门 {district}", district=district, actor_id=None, now=FILED_AT
    )
    grant_role(
        person_id=person_id, organisation_id=place.organisation_id, role=Role.OFFICER, from_on=FILING_DAY,
        actor_id=None, now=FILED_AT,
    )  # fmt: skip
    return person_id


def test_the_draft_holds_who_finished_and_says_of_the_others_which_clause_they_miss(cast: Cast) -> None:
    number, run, (alice, bob) = make_claim(cast, leave_out=("张建国",))
    draft = api.draft_for(number=number, now=LATER)
    assert (draft.batch.state, draft.batch.total_fen, draft.batch.line_count) == (BatchState.DRAFT, AMOUNT, 1)
    assert (draft.batch.payee_id, draft.batch.class_run_id) == (run.provider_id, run.class_run_id)
    assert [(line.person_id, line.amount_fen, line.state) for line in draft.lines] == [
        (alice.learner_id, AMOUNT, LineState.DRAFT)
    ]
    (left_out,) = draft.excluded
    assert left_out.person_id == bob.learner_id
    missed = {check.code: check for check in left_out.decision.clauses if check.passed is not True}
    assert {"HRS-03", "GEN-06"} <= set(missed)
    assert all(check.reason.in_language(language) for check in missed.values() for language in ("zh-hans", "en"))
    assert draft.deadline_on is not None
    assert draft.batch.receipt_no == ""


def test_submission_seals_lines_amount_and_receipt(cast: Cast) -> None:
    number, _run, (alice,) = make_claim(cast)
    done = api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    assert (done.state, done.total_fen, done.submitted_at) == (BatchState.SUBMITTED, AMOUNT, LATER)
    assert done.receipt_no.startswith(f"{number}-")
    event = ClaimEvent.objects.get()
    line = ClaimLine.objects.get()
    record = record_for(enrolment_id=alice.enrolment_id)
    assert record is not None
    assert event.content == {
        "number": number,
        "receipt": done.receipt_no,
        "lines": [
            {"line": 1, "enrolment": alice.enrolment_id, "decision": line.decision_id, "record": record.record_no,
             "fen": AMOUNT}
        ],
        "total_fen": AMOUNT,
    }  # fmt: skip
    assert (event.actor_id, event.at, len(event.digest)) == (cast.provider_admin_id, LATER, 64)
    assert [item.status for item in api.lines_of(person_id=alice.learner_id)] == [LineStatus.PENDING]


def test_submitting_again_gives_the_same_receipt_and_changes_nothing(cast: Cast) -> None:
    number, _run, _people = make_claim(cast)
    first = api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    before = row_counts(TABLES)
    assert api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER) == first
    assert row_counts(TABLES) == before


@pytest.mark.parametrize("who", ["hr_id", "other_hr_id", "officer_id", "trainer_id", "stranger_id"])
def test_only_the_payee_submits(cast: Cast, who: str) -> None:
    number, _run, _people = make_claim(cast)
    before = row_counts(TABLES)
    with pytest.raises(ClaimNotFound):
        api.submit(number=number, actor_id=getattr(cast, who), now=LATER)
    assert row_counts(TABLES) == before
    assert ClaimBatch.objects.get().state == BatchState.DRAFT


def test_a_record_revoked_before_submission_leaves_nothing_to_claim(cast: Cast) -> None:
    number, _run, (alice,) = make_claim(cast)
    _void_practice(cast, alice.learner_id)
    with pytest.raises(UnableToSubmit, match="nothing_to_claim"):
        api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    assert ClaimBatch.objects.get().state == BatchState.DRAFT
    assert not ClaimEvent.objects.exists()


def test_approval_pays_each_line_once_and_the_file_adds_up(cast: Cast) -> None:
    number, _run, people = make_claim(cast, finish=("李秀兰", "张建国"))
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    done = api.review(number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    assert (done.state, done.total_fen, done.decided_at) == (BatchState.APPROVED, 2 * AMOUNT, LATER)
    content = api.payment_file(number=number, officer_id=cast.officer_id, now=LATER)
    head, *lines, total = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert head[0] == "申领编号"
    assert [(row[0], row[1], row[2], row[3], row[-1]) for row in lines] == [
        (number, str(at), "浦江职业技能培训学校", "52310101MJ90000149", "195.00") for at in (1, 2)
    ]
    assert [row[5] for row in lines] == ["李**", "张**"]
    assert (total[0], total[1], total[-1]) == ("合计", "2 人", "390.00")
    assert api.payment_file(number=number, officer_id=cast.officer_id, now=LATER) == content
    assert [event.action for event in api.events_of(number=number)] == [
        "submitted", "approved", "payment_file", "payment_file",
    ]  # fmt: skip
    assert [[item.status for item in api.lines_of(person_id=one.learner_id)] for one in people] == [
        [LineStatus.PAID], [LineStatus.PAID],
    ]  # fmt: skip


def test_a_line_left_out_at_approval_is_shown_with_its_reason_and_not_paid(cast: Cast) -> None:
    number, _run, (_alice, bob) = make_claim(cast, finish=("李秀兰", "张建国"))
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    refused = ClaimLine.objects.get(person_id=bob.learner_id).pk
    done = api.review(
        number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER,
        refused_lines={refused: "电话抽查未参训"},
    )  # fmt: skip
    assert (done.total_fen, done.line_count) == (AMOUNT, 1)
    lines = api.draft_for(number=number, now=LATER).lines
    assert [(line.state, line.reason) for line in lines] == [
        (LineState.APPROVED, ""),
        (LineState.REFUSED, "电话抽查未参训"),
    ]
    content = api.payment_file(number=number, officer_id=cast.officer_id, now=LATER).decode("utf-8-sig")
    assert content.splitlines()[-1].endswith(",195.00")
    assert api.lines_of(person_id=bob.learner_id) == ()


def test_a_record_that_fell_after_submission_is_not_paid(cast: Cast) -> None:
    number, _run, (_alice, bob) = make_claim(cast, finish=("李秀兰", "张建国"))
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    _void_practice(cast, bob.learner_id)
    done = api.review(number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    assert done.total_fen == AMOUNT
    assert ClaimLine.objects.get(person_id=bob.learner_id).reason == "GEN-06"


def test_nothing_left_to_pay_cannot_be_approved(cast: Cast) -> None:
    number, _run, (alice,) = make_claim(cast)
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    _void_practice(cast, alice.learner_id)
    with pytest.raises(UnableToReview, match="nothing_left"):
        api.review(number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    assert ClaimBatch.objects.get().state == BatchState.SUBMITTED
    assert ClaimLine.objects.get().state == LineState.SUBMITTED


def test_a_refusal_keeps_its_reason_and_frees_the_person_for_a_new_claim(cast: Cast) -> None:
    number, _run, (alice,) = make_claim(cast)
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    done = api.review(number=number, officer_id=cast.officer_id, verdict=Verdict.REFUSE, reason="名册不符", now=LATER)
    assert (done.state, done.reason, done.total_fen) == (BatchState.REFUSED, "名册不符", AMOUNT)
    assert [(line.state, line.reason) for line in api.draft_for(number=number, now=LATER).lines] == [
        (LineState.REFUSED, "名册不符")
    ]
    assert api.lines_of(person_id=alice.learner_id) == ()
    with pytest.raises(UnableToReview, match="not_approved"):
        api.payment_file(number=number, officer_id=cast.officer_id, now=LATER)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_approved_while_the_ledger_behind_a_line_is_broken(owner_connection: psycopg.Connection) -> None:
    cast = make_cast()
    number, _run, (_alice, bob) = make_claim(cast, finish=("李秀兰", "张建国"))
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    owner_connection.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    changed = owner_connection.execute(
        "UPDATE ledger_entry SET captured_by = 'forged' WHERE learner_id = %s AND seq = 1", [bob.learner_id]
    )
    assert changed.rowcount == 1
    with pytest.raises(UnableToReview, match="chain_broken"):
        api.review(number=number, officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    assert ClaimBatch.objects.get().state == BatchState.SUBMITTED
    assert {line.state for line in ClaimLine.objects.all()} == {LineState.SUBMITTED}
    refused = api.review(number=number, officer_id=cast.officer_id, verdict=Verdict.REFUSE, reason="台账", now=LATER)
    assert refused.state is BatchState.REFUSED


@pytest.mark.django_db(transaction=True)
def test_a_line_whose_ledger_breaks_before_submission_is_left_out(owner_connection: psycopg.Connection) -> None:
    cast = make_cast()
    number, _run, (alice, bob) = make_claim(cast, finish=("李秀兰", "张建国"))
    owner_connection.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    owner_connection.execute("UPDATE ledger_entry SET captured_by = 'x' WHERE learner_id = %s", [bob.learner_id])
    done = api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    assert (done.total_fen, done.line_count) == (AMOUNT, 1)
    states = {line.person_id: line.state for line in ClaimLine.objects.all()}
    assert states == {alice.learner_id: LineState.SUBMITTED, bob.learner_id: LineState.WITHDRAWN}
    (left_out,) = api.draft_for(number=number, now=LATER).excluded
    assert left_out.decision.assessment.open_clauses == ("GEN-06",)


@pytest.mark.parametrize(("district", "may"), [("310115", True), ("310000", True), ("", True), ("310113", False)])
def test_an_officer_reviews_the_claims_of_the_own_district(cast: Cast, district: str, may: bool) -> None:
    number, _run, _people = make_claim(cast)
    api.submit(number=number, actor_id=cast.provider_admin_id, now=LATER)
    officer_id = officer_in(district)
    assert [batch.number for batch in api.batches_to_review(officer_id=officer_id, day=FILING_DAY)] == [number] * may
    if may:
        done = api.review(number=number, officer_id=officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
        assert done.state is BatchState.APPROVED
        return
    with pytest.raises(ClaimNotFound):
        api.review(number=number, officer_id=officer_id, verdict=Verdict.APPROVE, reason="", now=LATER)
    with pytest.raises(ClaimNotFound):
        api.payment_file(number=number, officer_id=officer_id, now=LATER)
    assert ClaimBatch.objects.get().state == BatchState.SUBMITTED


def test_the_database_refuses_a_second_live_line_and_a_second_open_draft(cast: Cast) -> None:
    _number, run, (alice,) = make_claim(cast)
    line = ClaimLine.objects.get()
    other = ClaimBatch.objects.create(
        number="SL-2026-999999", class_run_id=run.class_run_id, programme_code="SME-GROUP", payee_kind="enterprise",
        payee_id=cast.employer_id, created_at=LATER,
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="claim_one_live_line"), transaction.atomic():
        ClaimLine.objects.create(
            batch=other, line_no=1, enrolment_id=alice.enrolment_id, person_id=alice.learner_id,
            programme_code="SME-GROUP", decision_id=line.decision_id, amount_fen=AMOUNT, state=LineState.SUBMITTED,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="claim_one_open_draft"), transaction.atomic():
        ClaimBatch.objects.create(
            number="SL-2026-999998", class_run_id=run.class_run_id, programme_code="SME-GROUP", payee_kind="provider",
            payee_id=run.provider_id, created_at=LATER,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="claim_amount_not_negative"), transaction.atomic():
        ClaimLine.objects.filter(pk=line.pk).update(amount_fen=-1)
    assert ClaimLine.objects.count() == 1


def test_a_claim_that_lost_all_its_lines_is_not_listed(cast: Cast) -> None:
    number, _run, (alice,) = make_claim(cast)
    assert [batch.number for batch in api.batches_for(organisation_ids=[cast.provider_id])] == [number]
    _void_practice(cast, alice.learner_id)
    assert api.batches_for(organisation_ids=[cast.provider_id]) == []
    assert [line.state for line in ClaimLine.objects.all()] == [LineState.WITHDRAWN]


def _void_practice(cast: Cast, learner_id: int) -> None:
    """The practice hours turn out to be somebody else's; the last three steps run again."""
    entry = next(item for item in entries_for(learner_id=learner_id) if item.mode == "practice")
    reverse_entry(
        learner_id=learner_id, seq=entry.seq, reason=ReasonCode.VOID_FRAUD, note="代签",
        author_id=cast.provider_admin_id, approver_id=cast.officer_id, now=LATER,
    )  # fmt: skip
    carry_on()
