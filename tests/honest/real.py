"""An honest phone on the real way: the same messages through the heartbeat door to the ledger."""

from __future__ import annotations

from tests.attacks.stage import Device, Letter, Page, Stage
from tests.honest.court import START_MS, hear
from tests.honest.phone import Message, Phone

HOME = Device("116.228.14.3", "Mozilla/5.0 (Linux; Android 9; HONOR 8X) MicroMessenger/8.0")


def walk(stage: Stage, phone: Phone) -> int:
    """Seconds that the ledger holds for the honest learner, who is flagged by nothing."""
    letters: list[Letter] = []
    visits = phone.deliver()
    pages = [stage.open(stage.honest, at=(visit.opened_ms - START_MS) / 1000, device=HOME) for visit in visits]
    for page, visit in zip(pages, visits, strict=True):
        letters += _letters(page, visit.messages)
    stage.deliver(letters)
    stage.carry_on()
    assert stage.flags() == ()
    return stage.credited(stage.honest)


def _letters(page: Page, messages: list[Message]) -> list[Letter]:
    return [
        Letter(
            message.received_ms,
            {
                "token": page.session.token,
                "sent_ms": message.sent_ms,
                "sent_boot": message.sent_boot,
                "beats": [
                    {
                        "boot": beat.boot, "seq": beat.seq, "from_ms": beat.from_ms, "to_ms": beat.to_ms,
                        "from_s": beat.media_from_ms / 1000, "to_s": beat.media_to_ms / 1000, "rate": 1,
                        "why": beat.why,
                    }
                    for beat in message.beats
                ],
            },
        )
        for message in messages
    ]  # fmt: skip


def expected(phone: Phone) -> int:
    """What the pure rules make of the same phone, in whole seconds."""
    return hear(phone).credited_ms // 1000
