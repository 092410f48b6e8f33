"""One-time codes by SMS: six digits, five minutes, five tries, only the newest counts, used once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import connection, transaction

from lms.accounts import rules
from lms.accounts.audit import ip_now
from lms.accounts.data import BadCode, BadNumber, CodePurpose, Fault, UnableToSendCode
from lms.accounts.facts import mobile_index
from lms.accounts.models import OneTimeCode, Person
from lms.db.api import blind_index
from lms.notices import api as notices

LIFETIME = timedelta(minutes=5)
MOST_TRIES = 5
_PER_MOBILE = (
    (timedelta(seconds=60), 1),
    (timedelta(hours=1), 5),
    (timedelta(days=1), 10),
)
_PER_IP = ((timedelta(hours=1), 120),)  # a practice base shares one address


def request_code(*, mobile: str, purpose: CodePurpose, now: datetime, language: str = "zh-hans") -> None:
    """A code is on its way to `mobile`, whether or not the number has an account here.

    A number without an account gets a message that says so, never a code that opens nothing; the caller can't
    tell the two apart. Raises UnableToSendCode with: mobile, too_soon, too_many, code_not_sent.
    """
    try:
        number = rules.check_mobile(mobile)
    except BadNumber as error:
        raise UnableToSendCode(Fault(field="mobile", code=error.code)) from error
    index = mobile_index(number)
    code = f"{secrets.randbelow(1_000_000):06d}"
    row = _write_code(index=index, purpose=purpose, code=code, now=now)
    try:
        if purpose is CodePurpose.LOGIN and not _has_account(index):
            notices.send_no_account(mobile=number, language=language, now=now)
        else:
            notices.send_code(mobile=number, code=code, language=language, now=now)
    except notices.UnableToSend as error:
        OneTimeCode.objects.filter(pk=row.pk).update(expires_at=now)
        raise UnableToSendCode(Fault(field="mobile", code="code_not_sent")) from error


def check_code(*, mobile: str, code: str, purpose: CodePurpose, now: datetime) -> None:
    """The code was right and is used up. Raises BadCode, after which one of its five tries is gone."""
    use_code(code_id=try_code(mobile=mobile, code=code, purpose=purpose, now=now), now=now)


def try_code(*, mobile: str, code: str, purpose: CodePurpose, now: datetime) -> int:
    """The id of the code that fits, still unused. A wrong one costs a try even if the caller rolls back later."""
    with transaction.atomic():
        row = (
            OneTimeCode.objects.select_for_update()
            .filter(mobile_index=mobile_index(mobile), purpose=purpose)
            .order_by("-id")
            .first()
        )
        if row is None or row.used_at or row.expires_at <= now:
            fault = "code_wrong"
        elif row.tries >= MOST_TRIES:
            fault = "code_tries"
        elif not secrets.compare_digest(row.code_hash, _hash(row.nonce, code.strip())):
            row.tries += 1
            row.save(update_fields=["tries"])
            fault = "code_wrong"
        else:
            return row.pk
    raise BadCode(Fault(field="code", code=fault))


def use_code(*, code_id: int, now: datetime) -> None:
    """The code is used. Of two at once exactly one succeeds; the other raises BadCode."""
    if not OneTimeCode.objects.filter(pk=code_id, used_at=None).update(used_at=now):
        raise BadCode(Fault(field="code", code="code_wrong"))


def _write_code(*, index: str, purpose: CodePurpose, code: str, now: datetime) -> OneTimeCode:
    ip = ip_now.get()
    with transaction.atomic():
        _queue_up(f"code {index}")
        _check_rate(OneTimeCode.objects.filter(mobile_index=index), _PER_MOBILE, now)
        if ip:
            _check_rate(OneTimeCode.objects.filter(ip=ip), _PER_IP, now)
        nonce = secrets.token_hex(16)
        return OneTimeCode.objects.create(
            mobile_index=index,
            purpose=purpose,
            nonce=nonce,
            code_hash=_hash(nonce, code),
            ip=ip,
            created_at=now,
            expires_at=now + LIFETIME,
        )


def _check_rate(rows: object, limits: tuple[tuple[timedelta, int], ...], now: datetime) -> None:
    for span, most in limits:
        recent = rows.filter(created_at__gt=now - span).order_by("-created_at")  # type: ignore[attr-defined]
        times = list(recent.values_list("created_at", flat=True)[:most])
        if len(times) >= most:
            wait = int((times[-1] + span - now).total_seconds()) + 1
            code = "too_soon" if most == 1 else "too_many"
            raise UnableToSendCode(Fault(field="mobile", code=code), wait_seconds=wait)


def _queue_up(name: str) -> None:
    """One at a time for this name until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _has_account(index: str) -> bool:
    return Person.objects.filter(mobile_index=index, mobile_verified_at__isnull=False, is_active=True).exists()


def _hash(nonce: str, code: str) -> str:
    return blind_index(f"{nonce}:{code}", purpose="accounts.one_time_code")
