"""The one message door: everything that tells a person something goes through `send`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from lms.notices import texts
from lms.notices.data import (
    Channel,
    DeliveryState,
    DeliverySummary,
    NoticeFacts,
    NoticeKind,
    PreferenceLine,
    UnableToSend,
)
from lms.notices.deliver import deliver_due, deliver_now
from lms.notices.models import Delivery, LocalMessage, Notice, Preference
from lms.notices.rules import wanted

__all__ = [
    "DeliverySummary",
    "UnableToSend",
    "deliver_due",
    "export_for",
    "forget_addresses",
    "forget_person",
    "inbox_of",
    "mark_all_read",
    "mark_read",
    "preferences_of",
    "send",
    "send_code",
    "send_no_account",
    "send_presence_code",
    "set_preference",
    "unread_count",
]


def send(
    *,
    person_id: int | None,
    kind: NoticeKind,
    params: Mapping[str, str | int],
    mobile: str | None,
    email: str | None,
    language: str,
    key: str,
    now: datetime,
) -> int | None:
    """The notice is in the person's inbox and queued for SMS and mail as they prefer; its id.

    The same `key` again changes nothing and gives None. Joins the caller's transaction: no commit, no notice.
    Raises UnableToWord where `params` are not what the words of `kind` need.
    """
    texts.check_params(kind, params)
    addresses = {Channel.SMS: mobile, Channel.MAIL: email if settings.MAIL_ON else None}
    with transaction.atomic():
        notice, made = Notice.objects.get_or_create(
            key=key,
            defaults={
                "person_id": person_id,
                "kind": kind,
                "params": dict(params),
                "language": language,
                "created_at": now,
            },
        )
        if not made:
            return None
        Delivery.objects.bulk_create(
            Delivery(
                notice=notice,
                channel=channel,
                address=address,
                next_attempt_at=now,
                idempotency_key=uuid.uuid4(),
            )
            for channel, address in addresses.items()
            if address and _wants(person_id, kind, channel)
        )
    return notice.pk


def send_code(*, mobile: str, code: str, language: str, now: datetime) -> None:
    """The provider has taken the SMS with the one-time code, which is kept nowhere. Raises UnableToSend."""
    deliver_now(kind="code", mobile=mobile, text=texts.code_text(code, language), now=now)


def send_presence_code(*, mobile: str, code: str, language: str, now: datetime) -> None:
    """The provider has taken the SMS with the code that shows presence in a lesson. Raises UnableToSend."""
    deliver_now(kind="presence_code", mobile=mobile, text=texts.presence_code_text(code, language), now=now)


def send_no_account(*, mobile: str, language: str, now: datetime) -> None:
    """The provider has taken the SMS that says that this number has no account. Raises UnableToSend."""
    deliver_now(kind="no_account", mobile=mobile, text=texts.no_account_text(language), now=now)


def inbox_of(*, person_id: int, language: str) -> list[NoticeFacts]:
    """The person's notices in `language`, newest first."""
    return [_facts(row, language) for row in Notice.objects.filter(person_id=person_id).order_by("-id")]


def unread_count(*, person_id: int) -> int:
    """How many notices the person has not opened."""
    return Notice.objects.filter(person_id=person_id, read_at=None).count()


def mark_read(*, person_id: int, notice_id: int, language: str, now: datetime) -> NoticeFacts | None:
    """The notice counts as read; None where the person has no such notice."""
    Notice.objects.filter(pk=notice_id, person_id=person_id, read_at=None).update(read_at=now)
    row = Notice.objects.filter(pk=notice_id, person_id=person_id).first()
    return _facts(row, language) if row else None


def mark_all_read(*, person_id: int, now: datetime) -> int:
    """All notices count as read; how many were not."""
    return Notice.objects.filter(person_id=person_id, read_at=None).update(read_at=now)


def preferences_of(*, person_id: int, language: str) -> tuple[PreferenceLine, ...]:
    """For each kind whether it goes out by SMS and by mail."""
    chosen = {(row.kind, row.channel): row.wanted for row in Preference.objects.filter(person_id=person_id)}
    return tuple(
        PreferenceLine(
            kind=kind,
            label=texts.label(kind, language),
            sms=wanted(
                default=text.sms,
                fixed=text.fixed,
                chosen=chosen.get((kind, Channel.SMS)),
            ),
            mail=wanted(
                default=text.mail,
                fixed=text.fixed,
                chosen=chosen.get((kind, Channel.MAIL)),
            ),
            fixed=text.fixed,
        )
        for kind, text in texts.TEXTS.items()
    )


def set_preference(*, person_id: int, kind: NoticeKind, channel: Channel, wanted: bool) -> None:
    """The person's choice for this kind and channel is on record; kinds that safety hangs on ignore it."""
    Preference.objects.update_or_create(person_id=person_id, kind=kind, channel=channel, defaults={"wanted": wanted})


def export_for(*, person_id: int) -> list[dict[str, object]]:
    """All notices of the person for their own export."""
    return [
        {
            "at": row.created_at.isoformat(),
            "kind": row.kind,
            "title": _facts(row, row.language).title,
        }
        for row in Notice.objects.filter(person_id=person_id).order_by("id")
    ]


def forget_addresses(*, person_id: int) -> None:
    """Where finished messages to the person went is no longer known."""
    finished = (DeliveryState.SENT, DeliveryState.GIVEN_UP)
    Delivery.objects.filter(notice__person_id=person_id, state__in=finished).exclude(address="").update(address="")


def forget_person(*, person_id: int, mobile: str, now: datetime) -> None:
    """No address and no words are left in any message to the person; what waited is not sent any more."""
    mine = Delivery.objects.filter(notice__person_id=person_id)
    mine.filter(state__in=(DeliveryState.QUEUED, DeliveryState.LEASED)).update(
        state=DeliveryState.GIVEN_UP, lease_until=None, lease_token=None, finished_at=now
    )
    mine.exclude(address="").update(address="")
    Notice.objects.filter(person_id=person_id).update(params={})
    kept_here = [row.pk for row in LocalMessage.objects.all() if mobile and row.mobile == mobile]
    LocalMessage.objects.filter(pk__in=kept_here).delete()


def _wants(person_id: int | None, kind: NoticeKind, channel: Channel) -> bool:
    text = texts.TEXTS[kind]
    choice = Preference.objects.filter(person_id=person_id, kind=kind, channel=channel).first() if person_id else None
    return wanted(
        default=text.sms if channel is Channel.SMS else text.mail,
        fixed=text.fixed,
        chosen=choice.wanted if choice else None,
    )


def _facts(row: Notice, language: str) -> NoticeFacts:
    kind = NoticeKind(row.kind)
    said = texts.words(kind, row.params, language)
    return NoticeFacts(
        notice_id=row.pk,
        kind=kind,
        title=said.title,
        body=said.body,
        link=texts.link_of(kind, row.params),
        created_at=row.created_at,
        read_at=row.read_at,
    )
