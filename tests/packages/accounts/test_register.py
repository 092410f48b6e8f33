"""Registering: one person per ID number, consent on record, nothing lost and nothing leaked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date

import pytest
from django.db import connection, connections

from lms.accounts import api
from lms.accounts.data import (
    BadCode,
    CodePurpose,
    Fault,
    Gender,
    IdType,
    Level,
    PersonFacts,
    UnableToEnsurePerson,
    UnableToRegister,
    UnableToSendCode,
)
from lms.accounts.models import AuditEvent, Consent, IdentityCheck, OneTimeCode, Person
from lms.notices.models import DeliveryAttempt, LocalMessage

from .given import LI, MINUTE, NOW, PASSWORD, WANG, ZHANG, registered, sent_code

pytestmark = pytest.mark.django_db


def _try(
    name: str = "张三", id_number: str = ZHANG, mobile: str = "13800138000", code: str = "", **changed: object
) -> PersonFacts:
    values = {
        "id_type": IdType.RESIDENT_ID,
        "password": None,
        "consent_version": api.CONSENT_VERSION,
        "now": NOW,
        **changed,
    }
    return api.register_person(name=name, id_number=id_number, mobile=mobile, code=code, **values)  # type: ignore[arg-type]


def test_a_newcomer_has_an_account_at_level_one_with_consent_on_record() -> None:
    person = registered()
    assert (person.name, person.masked_name, person.masked_id, person.masked_mobile) == (
        "张三",
        "张*",
        "310***********9028",
        "138****8000",
    )
    assert (person.level, person.birth_date, person.gender) == (Level.WELL_FORMED, date(1985, 6, 15), Gender.FEMALE)
    assert list(Consent.objects.values_list("subject", "version", "given")) == [("platform", api.CONSENT_VERSION, True)]
    assert list(IdentityCheck.objects.values_list("method", "outcome", "level_before", "level_after")) == [
        ("checksum", "passed", 0, 1),
        ("two_element", "unknown", 1, 1),
    ]
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["register", "identity_check"]
    assert Person.objects.get().check_password(PASSWORD)


def test_the_database_never_holds_a_clear_number() -> None:
    registered()
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE ANY(%s)', [[f"%{ZHANG}%", "%13800138000%"]]
            )
            assert (table, cursor.fetchone()) == (table, (0,))
        cursor.execute("SELECT id_number, mobile FROM accounts_person")
        assert all(value.startswith("v1.") for value in cursor.fetchone())


def test_every_faulty_field_is_named_at_once_and_nothing_changes() -> None:
    code = sent_code("13800138000", CodePurpose.REGISTER)
    with pytest.raises(UnableToRegister) as refused:
        _try("张3", "310104198506159029", "123", code, password="123", consent_version="old")
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [
        ("name", "name_digits"),
        ("id_number", "check_digit"),
        ("mobile", "mobile"),
        ("password", "password"),
        ("consent", "consent_missing"),
    ]
    assert not Person.objects.exists()
    assert _try(code=code).name == "张三"


def test_a_wrong_code_opens_nothing_and_costs_one_of_five_tries() -> None:
    code = sent_code("13800138000", CodePurpose.REGISTER)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _try_number in range(5):
        with pytest.raises(BadCode) as refused:
            _try(code=wrong)
        assert refused.value.faults == (Fault(field="code", code="code_wrong"),)
    with pytest.raises(BadCode) as refused:
        _try(code=code)
    assert refused.value.code == "code_tries"
    assert not Person.objects.exists()


def test_a_code_lives_five_minutes_and_only_the_newest_counts() -> None:
    first = sent_code("13800138000", CodePurpose.REGISTER)
    second = sent_code("13800138000", CodePurpose.REGISTER, NOW + MINUTE)
    if first != second:
        with pytest.raises(BadCode):
            _try(code=first, now=NOW + MINUTE)
    with pytest.raises(BadCode):
        _try(code=second, now=NOW + 6 * MINUTE)
    third = sent_code("13800138000", CodePurpose.REGISTER, NOW + 7 * MINUTE)
    assert _try(code=third, now=NOW + 11 * MINUTE).name == "张三"


def test_a_code_for_one_purpose_opens_nothing_else() -> None:
    registered()
    for purpose, minute in ((CodePurpose.LOGIN, 1), (CodePurpose.MOBILE, 2)):
        code = sent_code("13800138000", purpose, NOW + minute * MINUTE)
        for other in set(CodePurpose) - {purpose}:
            with pytest.raises(BadCode):
                api.check_code(mobile="13800138000", code=code, purpose=other, now=NOW + minute * MINUTE)
        api.check_code(mobile="13800138000", code=code, purpose=purpose, now=NOW + minute * MINUTE)


def test_the_code_is_kept_only_as_a_keyed_hash_and_logged_without_the_number() -> None:
    code = sent_code("13800138000", CodePurpose.REGISTER)
    row = OneTimeCode.objects.get()
    assert code not in (row.code_hash, row.nonce)
    assert len(row.code_hash) == 64
    log = DeliveryAttempt.objects.get()
    assert (log.kind, log.channel, log.adapter, log.sent, log.error) == ("code", "sms", "local", True, "")
    assert "13800138000" not in str(log.__dict__)


def test_the_youngest_learner_is_sixteen() -> None:
    code = sent_code("13800138000", CodePurpose.REGISTER)
    with pytest.raises(UnableToRegister) as refused:
        _try(id_number="310117200708159079", code=code, now=NOW.replace(year=2023))
    assert (refused.value.faults[0].field, refused.value.code) == ("id_number", "too_young")


def test_a_taken_number_and_a_wrong_name_for_it_are_refused_with_the_same_words() -> None:
    registered()
    code = sent_code("13900139000", CodePurpose.REGISTER)
    with pytest.raises(UnableToRegister) as same_name:
        _try(mobile="13900139000", code=code)
    with pytest.raises(UnableToRegister) as other_name:
        _try("李四", mobile="13900139000", code=code)
    api.ensure_person(name="王五", id_number=WANG, actor_id=None, now=NOW)
    with pytest.raises(UnableToRegister) as on_roster:
        _try("李四", WANG, "13900139000", code)
    assert (
        same_name.value.faults
        == other_name.value.faults
        == on_roster.value.faults
        == (Fault(field="", code="not_possible"),)
    )
    assert Person.objects.count() == 2


def test_mapping_who_is_registered_stops_at_the_sixth_try() -> None:
    registered()
    code = sent_code("13900139000", CodePurpose.REGISTER)
    for _try_number in range(5):
        with pytest.raises(UnableToRegister) as refused:
            _try(mobile="13900139000", code=code)
        assert refused.value.code == "not_possible"
    with pytest.raises(UnableToRegister) as refused:
        _try("李四", LI, "13900139000", code)
    assert refused.value.code == "locked"
    assert not Person.objects.filter(name="李四").exists()


def test_a_mobile_that_signs_in_to_another_account_sends_to_a_desk() -> None:
    registered()
    code = sent_code("13800138000", CodePurpose.REGISTER, NOW + MINUTE)
    with pytest.raises(UnableToRegister) as refused:
        _try("王五", WANG, code=code, now=NOW + MINUTE)
    assert refused.value.faults == (Fault(field="mobile", code="mobile_taken"),)
    assert _try("王五", WANG, "13900139000", sent_code("13900139000", CodePurpose.REGISTER)).name == "王五"


def test_somebody_on_a_roster_becomes_the_owner_of_that_same_person() -> None:
    listed = api.ensure_person(name="张三", id_number=ZHANG, mobile="13700137000", actor_id=None, now=NOW)
    mine = registered()
    assert mine.person_id == listed.person_id
    assert mine.masked_mobile == "138****8000"
    assert Person.objects.count() == 1


def test_a_mobile_on_a_roster_opens_nothing_until_its_owner_registers() -> None:
    listed = api.ensure_person(name="张三", id_number=ZHANG, mobile="13800138000", actor_id=None, now=NOW)
    assert api.addresses_for(person_id=listed.person_id).mobile is None
    api.request_code(mobile="13800138000", purpose=CodePurpose.LOGIN, now=NOW)
    assert "还没有账号" in (LocalMessage.objects.latest("id").text or "")


def test_ensuring_a_person_twice_gives_the_same_one_and_another_name_is_refused() -> None:
    first = api.ensure_person(name="张三", id_number=ZHANG, actor_id=None, now=NOW)
    again = api.ensure_person(name="张三", id_number=ZHANG.lower(), mobile="13800138000", actor_id=None, now=NOW)
    assert again == first
    with pytest.raises(UnableToEnsurePerson) as refused:
        api.ensure_person(name="李四", id_number=ZHANG, actor_id=None, now=NOW)
    assert refused.value.faults == (Fault(field="name", code="name_mismatch"),)
    assert api.find_person_by_id_number(id_number=ZHANG) == first
    assert api.find_person_by_id_number(id_number=WANG) is None


def test_asking_for_codes_is_limited_by_number() -> None:
    api.request_code(mobile="13800138000", purpose=CodePurpose.LOGIN, now=NOW)
    with pytest.raises(UnableToSendCode) as refused:
        api.request_code(mobile="+86 13800138000", purpose=CodePurpose.REGISTER, now=NOW + MINUTE / 2)
    assert (refused.value.code, refused.value.wait_seconds) == ("too_soon", 31)
    for minute in range(1, 5):
        api.request_code(mobile="13800138000", purpose=CodePurpose.LOGIN, now=NOW + minute * MINUTE * 2)
    with pytest.raises(UnableToSendCode) as refused:
        api.request_code(mobile="13800138000", purpose=CodePurpose.LOGIN, now=NOW + 20 * MINUTE)
    assert refused.value.code == "too_many"
    assert LocalMessage.objects.count() == 5
    api.request_code(mobile="13900139000", purpose=CodePurpose.LOGIN, now=NOW)


def test_a_provider_that_takes_nothing_is_said_plainly(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SMS_CHANNEL = "failing"
    with pytest.raises(UnableToSendCode) as refused:
        api.request_code(mobile="13800138000", purpose=CodePurpose.LOGIN, now=NOW)
    assert refused.value.code == "code_not_sent"
    assert list(DeliveryAttempt.objects.values_list("adapter", "sent")) == [("failing", False)]


@pytest.mark.django_db(transaction=True)
def test_two_registrations_with_one_number_at_once_make_one_person() -> None:
    mobiles = ("13800138000", "13900139000")
    codes = {mobile: sent_code(mobile, CodePurpose.REGISTER) for mobile in mobiles}
    outcomes = _at_once(lambda mobile: _try(mobile=mobile, code=codes[mobile]).masked_mobile, mobiles)
    assert sorted(outcomes) in (["138****8000", "not_possible"], ["139****9000", "not_possible"])
    assert Person.objects.count() == 1
    assert Consent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_code_used_twice_at_once_succeeds_once() -> None:
    registered(mobile="13900139000", id_number=WANG, name="王五")
    code = sent_code("13900139000", CodePurpose.LOGIN, NOW + MINUTE)

    def use(_thread: str) -> str:
        api.check_code(mobile="13900139000", code=code, purpose=CodePurpose.LOGIN, now=NOW + MINUTE)
        return "used"

    assert sorted(_at_once(use, ("a", "b", "c", "d"))) == ["code_wrong", "code_wrong", "code_wrong", "used"]


@pytest.mark.django_db(transaction=True)
def test_two_rosters_with_one_number_at_once_make_one_person() -> None:
    found = _at_once(
        lambda _thread: str(api.ensure_person(name="张三", id_number=ZHANG, actor_id=None, now=NOW).person_id),
        ("a", "b", "c"),
    )
    assert len(set(found)) == 1
    assert Person.objects.count() == 1


def _at_once(act: Callable[[str], str], arguments: Sequence[str]) -> list[str]:
    """What each thread came to: a result, or the code of its refusal."""
    barrier, outcomes = threading.Barrier(len(arguments)), list[str]()

    def run(argument: str) -> None:
        try:
            barrier.wait()
            outcomes.append(act(argument))
        except (UnableToRegister, BadCode) as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
