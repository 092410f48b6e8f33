"""Check everything that was sealed, count what the authority looks after, and flag what a person should look at."""

from __future__ import annotations

from datetime import datetime

from lms.appeals import api as appeals
from lms.claims import api as claims
from lms.claims.data import BatchState
from lms.completion import api as completion
from lms.enrolment import api as enrolment
from lms.enrolment.data import ClassRunState
from lms.ledger import api as ledger
from lms.lib.localday import local_day
from lms.oversight.data import Totals, Verification
from lms.oversight.flags import decide_flag, facts_of, flags_for_officer, get_flag, open_flags, rule_shares
from lms.oversight.watching import watch

__all__ = [
    "decide_flag",
    "facts_of",
    "flags_for_officer",
    "get_flag",
    "open_flags",
    "rule_shares",
    "totals",
    "verify",
    "watch",
]


def verify(*, class_run_id: int | None = None) -> Verification:
    """Every hash of every chain, every record's and every appeal answer's content and signature, recomputed; stops at
    nothing. Answers form one chain over all classes, so a single class is checked without them."""
    report = ledger.verify_chains(class_run_id=class_run_id)
    fault = ""
    if report.findings:
        first = report.findings[0]
        fault = f"learner {first.learner_id}, entry {first.seq}: {first.what} ({first.detail})"
    else:
        broken = next(completion.verify_all(class_run_id=class_run_id), None)
        if broken:
            fault = f"record {broken}: content or signature does not hold"
        elif class_run_id is None:
            fault = next(appeals.bad_answers(), "")
    return Verification(learners=report.learners, entries=report.entries, fault=fault)


def totals(*, now: datetime) -> Totals:
    """The authority's figures at `now`."""
    today = local_day(now)
    runs = enrolment.all_class_runs()
    running = [run for run in runs if run.state_on(today) is ClassRunState.RUNNING]
    waiting = claims.batches_to_review()
    approved = claims.batches_to_review(states=(BatchState.APPROVED,))
    return Totals(
        filings_waiting=sum(run.state is ClassRunState.SUBMITTED for run in runs),
        classes_running=len(running),
        people_learning=sum(len(enrolment.roster_of(class_run_id=run.class_run_id)) for run in running),
        claims_waiting=len(waiting),
        claims_waiting_fen=sum(batch.total_fen for batch in waiting),
        claims_approved_fen=sum(batch.total_fen for batch in approved),
    )
