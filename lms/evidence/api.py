"""The door of evidence: seal what was witnessed, judge what one piece is worth alone, keep the learning clock."""

from __future__ import annotations

from lms.evidence.capturers import find_capturer, register_capturer, revoke_capturer
from lms.evidence.clock import clock_holder, take_clock, tenures_of
from lms.evidence.exports import evidence_lines, tenure_lines
from lms.evidence.intake import deliver_evidence
from lms.evidence.judging import assess_alone, assess_evidence, assess_many
from lms.evidence.rules import evidence_digest, gate_units
from lms.evidence.sealing import digests_of, get_evidence, get_evidence_many, record_evidence, record_many
from lms.evidence.whereabouts import whereabouts_of, whereabouts_since
from lms.evidence.words import ReasonWords, RuleWords, explain_reason, explain_rule

__all__ = [
    "ReasonWords",
    "RuleWords",
    "assess_alone",
    "assess_evidence",
    "assess_many",
    "clock_holder",
    "deliver_evidence",
    "digests_of",
    "evidence_digest",
    "evidence_lines",
    "explain_reason",
    "explain_rule",
    "find_capturer",
    "gate_units",
    "get_evidence",
    "get_evidence_many",
    "record_evidence",
    "record_many",
    "register_capturer",
    "revoke_capturer",
    "take_clock",
    "tenure_lines",
    "tenures_of",
    "whereabouts_of",
    "whereabouts_since",
]
