"""A learner with record, decision, claim, questions and a past is erased: nobody can find them, all proofs hold."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from lms.accounts import api as accounts
from lms.accounts.data import CodePurpose, IdType, MobileReason
from lms.accounts.models import AuditEvent, Erasure, Person
from lms.assessment.models import Mark
from lms.claims import api as claims
from lms.claims.data import Verdict
from lms.claims.models import ClaimEvent
from lms.completion import api as completion
from lms.completion.models import Record
from lms.enrolment.api import drop
from lms.enrolment.models import FilingVersion, RosterImportRow
from lms.ledger.api import anchor_heads
from lms.lib.canonical import digest
from lms.oversight import api as oversight
from lms.subsidy import api as subsidy
from lms.subsidy.models import Decision
from lms.support.api import answer_ticket
from tests.factories.everybody import Everybody, make_everybody
from tests.factories.learning import LATER
from tests.factories.traces import traces_in_store, traces_in_tables
from tests.factories.way import carry_on
from tests.lmsplugin import ENGINES
from tests.packages.accounts.given import last_code

pytestmark = pytest.mark.django_db
MOBILE = "13988887766"

CLAIMED_AT = LATER + timedelta(days=1)
ASKED_AT = LATER + timedelta(days=200)
AFTER_ALL = datetime(2036, 12, 1, 12, 0, tzinfo=LATER.tzinfo)


@pytest.fixture
def house() -> Everybody:
    """Everybody, and the learner's name in every text that somebody can write about a learner."""
    ENGINES.need("storage")
    house = make_everybody()
    learner, cast = house.people["learner"], house.cast
    person = Person.objects.get(pk=learner)
    desk = house.people["desk"]
    accounts.request_code(mobile=MOBILE, purpose=CodePurpose.MOBILE, now=LATER)
    accounts.replace_mobile(
        actor_id=desk, id_type=IdType.RESIDENT_ID, id_number=person.id_number or "", name=person.name,
        new_mobile=MOBILE, code=last_code(), reason=MobileReason.LOST, card_seen=True, now=LATER,
    )  # fmt: skip
    accounts.set_email(person_id=learner, email="lixiulan@example.cn", now=LATER)
    words = f"{person.name} {person.id_number} {MOBILE}"
    accounts.reveal_id_number(person_id=learner, actor_id=cast.officer_id, purpose=f"核对 {words}", now=LATER)
    answer_ticket(
        ticket_id=house.ids["ticket"], author_id=house.people["operator"], text=f"您好 {words}", close=True, now=LATER
    )
    first = Mark.objects.filter(enrolment_id=house.ids["enrolment"]).first()
    if first is not None:
        Mark(
            exam_id=first.exam_id, enrolment_id=first.enrolment_id, unit_key=first.unit_key, version=first.version + 1,
            score=None, reason=words, assessor_id=first.assessor_id, entered_at=LATER,
        ).save()  # fmt: skip
    drop(enrolment_id=house.ids["lesson_enrolment"], actor_id=cast.provider_admin_id, reason=f"{words} 调岗", now=LATER)
    RosterImportRow.objects.filter(row_number=3).update(
        name=person.name, masked_id=accounts.get_person(person_id=learner).masked_id, sealed_values=words
    )
    claims.submit(number=house.ids["claim"], actor_id=cast.provider_admin_id, now=CLAIMED_AT)
    claims.review(
        number=house.ids["claim"], officer_id=cast.officer_id, verdict=Verdict.APPROVE, reason="", now=CLAIMED_AT
    )
    carry_on(CLAIMED_AT)
    anchor_heads(now=CLAIMED_AT)
    return house


def needles(house: Everybody) -> tuple[str, ...]:
    person = Person.objects.get(pk=house.people["learner"])
    return (
        person.name, person.id_number or "", MOBILE, person.id_index or "", person.mobile_index, person.username,
        person.salt, person.email or "lixiulan@example.cn",
    )  # fmt: skip


def ask(house: Everybody, now: datetime = ASKED_AT) -> None:
    person = Person.objects.get(pk=house.people["learner"])
    accounts.request_erasure(
        person_id=person.pk, confirmation=(person.id_number or "")[-4:], language="zh-hans", now=now
    )


def test_a_claim_and_its_archive_are_kept_first_and_the_plan_says_so(house: Everybody) -> None:
    ask(house)

    waiting = accounts.erasure_of(person_id=house.people["learner"])
    too_soon = accounts.erase_due(now=ASKED_AT + timedelta(days=365))

    assert waiting is not None
    assert waiting.due_on is not None
    assert (waiting.due_on.year, waiting.due_on.month) == (2036, 3)
    assert (too_soon.erased, too_soon.waiting, too_soon.failed) == (0, 1, 0)
    assert accounts.get_person(person_id=house.people["learner"]).erased is False


def test_after_the_last_day_nobody_finds_the_person_and_every_proof_holds(house: Everybody) -> None:
    learner, before = house.people["learner"], needles(house)
    assert len(traces_in_tables(before)) > 10, "the search itself must find what is there"
    record = completion.get_record(record_no=house.ids["record"])
    sealed = {row.pk: (row.digest, row.signature) for row in Record.objects.all()}
    proved = oversight.verify()
    ask(house)

    run = accounts.erase_due(now=AFTER_ALL)

    assert (run.erased, run.failed) == (1, 0)
    assert traces_in_tables(before) == []
    assert list(traces_in_store(before)) == []
    assert oversight.verify() == proved
    assert proved.intact
    assert {row.pk: (row.digest, row.signature) for row in Record.objects.all()} == sealed
    after = completion.verify_record(record=completion.get_record(record_no=record.record_no))
    assert (after.signature_valid, after.content_intact, after.standing) == (True, True, "valid")
    assert (after.holder_erased, after.masked_name) == (True, "")
    for filing in FilingVersion.objects.all():
        assert digest(filing.content) == filing.digest
    for event in ClaimEvent.objects.all():
        assert digest(event.content) == event.digest
    assert accounts.erase_due(now=AFTER_ALL).erased == 0
    assert AuditEvent.objects.filter(action="erase_person", object_id=str(learner)).count() == 1


def test_others_keep_what_is_theirs(house: Everybody) -> None:
    classmate = Person.objects.get(pk=house.people["classmate"])
    ask(house)

    accounts.erase_due(now=AFTER_ALL)

    assert Person.objects.get(pk=classmate.pk).name == classmate.name
    assert Person.objects.filter(erased_at__isnull=False).count() == 1
    assert Erasure.objects.filter(erased_at__isnull=True, origin="asked").count() == 0
    opened = accounts.open_commitments(
        commitments=[one["commitment"] for one in FilingVersion.objects.order_by("pk")[0].content["roster"]]
    )
    assert [one.value for one in opened.values()] == [
        {"name": classmate.name, "id": accounts.get_person(person_id=classmate.pk).masked_id}
    ]


def test_a_decision_keeps_outcome_amount_and_digests_and_says_that_its_facts_are_gone(house: Everybody) -> None:
    row = Decision.objects.get(pk=house.ids["decision"])
    before = subsidy.get_decision(decision_id=row.pk)
    assert subsidy.replay_decision(decision_id=row.pk).identical
    assert row.facts["form"] == 2
    assert digest(row.facts) != row.facts_digest
    ask(house)

    accounts.erase_due(now=AFTER_ALL)

    after = subsidy.get_decision(decision_id=row.pk)
    assert (after.outcome, after.amount_fen, after.facts_digest) == (
        before.outcome, before.amount_fen, before.facts_digest,
    )  # fmt: skip
    assert (after.pack_id, after.pack_digest) == (before.pack_id, before.pack_digest)
    assert subsidy.replay_decision(decision_id=row.pk).erased
    assert subsidy.evidence_of(decision_id=row.pk) == ()


def test_pages_show_an_erased_person_and_public_verification_says_what_is_still_proved(house: Everybody) -> None:
    ask(house)
    accounts.erase_due(now=AFTER_ALL)
    officer = Client(headers={"Accept-Language": "en"})
    officer.force_login(Person.objects.get(pk=house.cast.officer_id))
    anybody = Client(headers={"Accept-Language": "en"})

    verify = anybody.get(reverse("completion:verify", args=[house.ids["verify_code"]])).content.decode()
    pages = {
        address: officer.get(address).content.decode()
        for address in (
            reverse("enrolment:class", args=[house.ids["class_run"]]),
            reverse("subsidy:decision", args=[house.ids["decision"]]),
            reverse("claims:detail", args=[house.ids["claim"]]),
        )
    }

    assert "This certificate is genuine" in verify
    assert "Erased person" in verify
    assert "is still proved: class, hours, dates, fingerprint and signature" in verify.replace("\n", " ")
    for address, page in pages.items():
        assert "Erased person" in page, address
