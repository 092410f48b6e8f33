"""One learner disagrees: an appeal that waits for the provider's answer."""

from __future__ import annotations

from datetime import datetime

from lms.appeals import api as appeals
from lms.appeals.data import AppealFacts
from lms.demo.stage import Cast
from lms.enrolment import api as enrolment
from lms.ledger import api as ledger
from lms.ledger.data import Outcome, ReasonCode

_WORDS = (
    "那天实训要求 8:50 到场领护具、分组，下课后我们组又留下来清理轮椅和床位，教师和其他学员都在。"
    "这 7 分钟也是在实训，请把它计入。"
)


def appeal_once(*, cast: Cast, class_run_id: int, now: datetime) -> AppealFacts | None:
    """Learner B has appealed against the minutes of practice outside the timetable; None before they are refused."""
    place = next(
        one for one in enrolment.roster_of(class_run_id=class_run_id) if one.learner_id == cast.people["learner_b"]
    )
    run = enrolment.get_class_run(class_run_id=class_run_id)
    stretches = ledger.stretches_of(enrolment_id=place.enrolment_id, first_on=run.starts_on, last_on=run.ends_on)
    for stretch in stretches:
        if (stretch.outcome, stretch.reason) == (Outcome.REFUSED, ReasonCode.OUTSIDE_SCHEDULE):
            return appeals.lodge_appeal(
                learner_id=place.learner_id, enrolment_id=place.enrolment_id, seq=stretch.seq, words=_WORDS, now=now
            )
    return None
