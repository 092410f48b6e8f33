"""Forms of sealed content that hold, or held, something about a person: their bytes never change.

What was sealed under an older form must verify for ever; what is sealed now holds salted commitments.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest

from courses.data import CurriculumVersion, OccupationKind
from lms.accounts.data import OrganisationFacts, OrganisationKind
from lms.completion.rules import commit_to_person
from lms.db.api import verify_with
from lms.enrolment.data import ClassRunFacts, ClassRunState, PayeeKind, PlatformKind
from lms.enrolment.filing_content import filing_content
from lms.hours.data import PlanTotals
from lms.lib.canonical import canonical_bytes, commitment, digest
from lms.subsidy.engine.freeze import facts_digest
from tests.golden.forms import FACTS_1, FILING_1, KEY, RECORD_1, RECORD_1_SIGNATURE

SALT = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def test_a_commitment_is_one_sha_256_that_anybody_can_work_out() -> None:
    value = {"name": "王桂芳", "id": "310***********9028"}
    by_hand = hashlib.sha256(
        b"commitment/1\x00" + bytes.fromhex(SALT) + '{"id":"310***********9028","name":"王桂芳"}'.encode()
    ).hexdigest()

    assert commitment(value, salt=SALT) == by_hand
    assert by_hand == "697a6d90beb9f1f4ca47d9dba60a0c9d24979c6387cda061de6039018e92086a"


@pytest.mark.parametrize("salt", ["", "00", "zz" * 32, SALT + "00"])
def test_a_salt_of_another_length_is_refused(salt: str) -> None:
    with pytest.raises(ValueError, match=r"salt|hexadecimal"):
        commitment("x", salt=salt)


def test_a_record_signed_before_still_verifies_and_holds_no_name() -> None:
    body = canonical_bytes(RECORD_1)

    assert verify_with(body, RECORD_1_SIGNATURE, bytes.fromhex(KEY))
    assert digest(RECORD_1) == "75d2706402ecbee11d8f4d38300f3c8d993fc570513aa66dcf50f912d950c07d"
    assert RECORD_1["person"]["commitment"] == commit_to_person(
        salt="8d8c2f0f5c7a4d53b6f0b3f6a1c9e210", name="王桂芳", id_hash="ab" * 32
    )
    assert "王桂芳".encode() not in body


def test_a_filing_sealed_under_form_1_keeps_its_digest() -> None:
    assert digest(FILING_1) == "5bda217eb1471bbf2cb9428d67a98862d79c494ee024278d01bbce69e1ba4535"


def _school() -> OrganisationFacts:
    return OrganisationFacts(
        organisation_id=11, kind=OrganisationKind.PROVIDER, name="浦江职业技能培训学校", uscc="52310101MJ90000149",
        district="310115", size_class=None, abnormal=False, blacklisted=False, account_name="", account_bank="",
        account_last4="",
    )  # fmt: skip


def test_a_filing_of_form_2_names_people_by_commitments_alone() -> None:
    run = ClassRunFacts(
        class_run_id=1, number="BQ-2026-000001", title="电工班", curriculum_id=7, course_id=3,
        programme_code="IND-SKILL", project_name="电工班", provider_id=11, employer_ids=(), base_id=None,
        payee_kind=PayeeKind.PERSON, payee_id=None,
        agreement_on=None, agreement_ref="", category="open_class", hour_pack="REF-HOURS-2026.1", order_gate=False,
        self_enrolment=True, capacity=30, starts_on=date(2026, 3, 9), ends_on=date(2026, 4, 24), cost_fen=60_000,
        district="310115", place="", platform_kind=PlatformKind.OWN, business_fit=None, business_note="",
        committed=True, state=ClassRunState.SUBMITTED, filed_on=None, trainer_ids=(5,), assessor_ids=(6,),
    )  # fmt: skip
    plan = CurriculumVersion(
        curriculum_id=7, course_id=3, number=1, title="电工", course_url="/courses/x/", occupation_code="6-31-01-03",
        occupation_name="电工", occupation_kind=OccupationKind.SKILL, level=4, units=(), digest="0" * 64,
        frozen_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip

    content = filing_content(
        run=run, curriculum=plan, totals=PlanTotals(video=0, live=0, practice=0, mentoring=0),
        organisations={11: _school()},
        commitments={5: "5" * 64, 6: "6" * 64, 8: "8" * 64, 9: "9" * 64}, roster=((1, 9, None),), version=1,
        submitted_by=8, submitted_at=datetime(2026, 3, 2, tzinfo=UTC),
    )  # fmt: skip

    assert content["form"] == "class-filing/2"
    assert content["roster"] == [{"enrolment": 1, "employer": None, "person": 9, "commitment": "9" * 64}]
    assert content["trainers"] == [{"person": 5, "commitment": "5" * 64}]
    assert content["commitment"] == {
        "by": {"person": 8, "commitment": "8" * 64}, "at": "2026-03-02T00:00:00+00:00"
    }  # fmt: skip


def test_facts_without_a_form_keep_their_bare_digest_and_form_2_needs_the_salt() -> None:
    salted = {"form": 2, **FACTS_1}

    assert (
        facts_digest(FACTS_1)
        == facts_digest(FACTS_1, salt=SALT)
        == digest(FACTS_1)
        == "8585a02e03740576574bb8ab12f37d6dd32fc547f59bd6c0099b43b6f49bc579"
    )
    assert (
        facts_digest(salted, salt=SALT)
        == commitment(salted, salt=SALT)
        == "85db11c3a70b871d4e18a807dfd08d6568201599912fee6e62fac8383987cd6b"
    )
    assert facts_digest(salted, salt=SALT[::-1]) != facts_digest(salted, salt=SALT)
