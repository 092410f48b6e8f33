"""Which values of the hour pack stand behind each reason code. Pure.

A refusing reason either names the values that decided (`VALUES_OF`), or its rule is one that no number could change:
it then stands in `WITHOUT_VALUE`, and its words say why (`words.explain_rule`).
"""

from __future__ import annotations

from collections.abc import Mapping

from lms.evidence.data import ReasonCode

EARNING = frozenset(
    {
        ReasonCode.WATCHED,
        ReasonCode.LIVE_ATTENDED,
        ReasonCode.PRACTISED,
        ReasonCode.MENTORED,
        ReasonCode.EXAMINED,
    }
)
# Only media that are played can be played once more to mend what is missing.
WATCH_AGAIN = frozenset(
    {
        ReasonCode.SPEED_CLIP,
        ReasonCode.NO_PRESENCE,
        ReasonCode.SUPERSEDED,
        ReasonCode.DAILY_CAP,
        ReasonCode.BEFORE_FILING,
        ReasonCode.OVER_WALL_CLOCK,
    }
)
VALUES_OF: Mapping[ReasonCode, tuple[str, ...]] = {
    ReasonCode.SPEED_CLIP: ("max_rate_milli", "rate_slack_ms", "late_beat_limit_seconds"),
    ReasonCode.NO_PRESENCE: ("presence_answer_seconds", "presence_gap_from_seconds", "presence_gap_to_seconds"),
    ReasonCode.DAILY_CAP: ("online_daily_cap_seconds", "practice_daily_cap_seconds", "total_daily_cap_seconds"),
    ReasonCode.MIX_CAP: ("online_share_permille_skill", "online_share_permille_knowledge"),
    ReasonCode.OUT_OF_WINDOW: ("make_up_working_days", "filing_months"),
    ReasonCode.ATTENDANCE_BELOW: ("live_threshold_percent",),
    ReasonCode.ORDER_GATE: ("order_gate", "video_threshold_percent", "live_threshold_percent"),
    ReasonCode.OUTSIDE_SCHEDULE: ("practice_early_seconds", "practice_late_seconds"),
}
WITHOUT_VALUE = frozenset(
    {
        ReasonCode.DUP_MEDIA,
        ReasonCode.OVER_WALL_CLOCK,
        ReasonCode.SUPERSEDED,
        ReasonCode.BEFORE_FILING,
        ReasonCode.NOT_ON_ROSTER,
        ReasonCode.CORRECTION,
        ReasonCode.VOID_FRAUD,
        ReasonCode.OVER_LENGTH,
        ReasonCode.ON_BREAK,
        ReasonCode.ROLL_CALL,
        ReasonCode.NOT_SIGNED_OFF,
    }
)


def refuses(reason: ReasonCode) -> bool:
    """Whether the reason takes seconds away instead of granting them."""
    return reason not in EARNING
