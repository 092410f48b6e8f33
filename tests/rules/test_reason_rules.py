"""Every reason that takes seconds away has a rule that people can read."""

from __future__ import annotations

import dataclasses

import pytest

from lms.evidence.api import explain_reason, explain_rule
from lms.evidence.data import ReasonCode
from lms.evidence.rulebook import EARNING, VALUES_OF, WATCH_AGAIN, WITHOUT_VALUE, refuses
from lms.hours.data import HourLimits

PACK = "REF-HOURS-2026.1"
REFUSING = [reason for reason in ReasonCode if refuses(reason)]


def test_every_refusing_reason_names_its_values_or_says_that_it_needs_none() -> None:
    assert set(VALUES_OF) | WITHOUT_VALUE == set(REFUSING)
    assert not set(VALUES_OF) & WITHOUT_VALUE
    assert not EARNING & set(REFUSING)
    assert set(REFUSING) >= WATCH_AGAIN


def test_every_named_value_is_one_of_the_pack() -> None:
    known = {field.name for field in dataclasses.fields(HourLimits)}
    assert {name for names in VALUES_OF.values() for name in names} <= known


@pytest.mark.parametrize("reason", REFUSING)
def test_a_refusal_is_explained_with_values_and_references(reason: ReasonCode) -> None:
    rule = explain_rule(reason=reason, pack=PACK, category="blended_class")
    assert rule.text
    assert explain_reason(reason=reason).title
    assert [value.name for value in rule.values] == list(VALUES_OF.get(reason, ()))
    assert all(value.ref and value.zh and value.en for value in rule.values)
    assert rule.pack == (PACK if reason in VALUES_OF else "")
