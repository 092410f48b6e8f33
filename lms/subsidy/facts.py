"""Reading the earlier packages: the sources of one enrolment's facts at one moment."""

from __future__ import annotations

from datetime import datetime

from courses import api as courses
from lms.accounts import api as accounts
from lms.completion import api as completion
from lms.completion.data import CompletionRecord
from lms.enrolment import api as enrolment
from lms.enrolment.data import PayeeKind
from lms.ledger import api as ledger
from lms.lib.localday import local_day
from lms.subsidy.rules import Sources, payee_id_of


def gather(*, enrolment_id: int, now: datetime) -> Sources:
    """What the earlier packages say of the enrolment at `now`. Raises NotYours for an unknown enrolment."""
    facts = enrolment.get_enrolment(enrolment_id=enrolment_id)
    run = enrolment.get_class_run(class_run_id=facts.class_run_id)
    curriculum = courses.get_curriculum(curriculum_id=facts.curriculum_id)
    record = completion.record_for(enrolment_id=enrolment_id)
    payee_id = payee_id_of(run, facts)
    concerned = {run.provider_id, facts.employer_id, payee_id} - {None}
    organisations = {
        organisation_id: accounts.get_organisation(organisation_id=organisation_id)
        for organisation_id in concerned
        if organisation_id is not None
    }
    sound = None
    if record:
        verification = completion.verify_record(record=record)
        sound = verification.signature_valid and verification.content_intact
    return Sources(
        enrolment=facts,
        run=run,
        curriculum=curriculum,
        statement=ledger.statement_for(enrolment_id=enrolment_id, now=now),
        record=record,
        record_sound=sound,
        chain_intact=_chain_intact(record) if record else None,
        person=accounts.get_person(person_id=facts.learner_id),
        provider=organisations[run.provider_id],
        employer=organisations.get(facts.employer_id) if facts.employer_id else None,
        payee=organisations.get(payee_id) if payee_id and run.payee_kind is not PayeeKind.PERSON else None,
        employments=tuple(accounts.employments_of(person_id=facts.learner_id)),
        in_catalogue=bool(curriculum.occupation_code),
        shortage=courses.is_shortage(code=curriculum.occupation_code),
        today=local_day(now),
    )


def _chain_intact(record: CompletionRecord) -> bool | None:
    """True while the learner's chain is sound and still holds the entry that the record was sealed on.

    A broken chain proves nothing: the fact is not known, and the decision holds (domain 7.3, case 29).
    """
    if ledger.hash_at(learner_id=record.learner_id, seq=record.head_seq) != record.head_hash:
        return None
    return True if ledger.check_chain(learner_id=record.learner_id) is None else None
