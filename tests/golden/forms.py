"""What was sealed under older forms, byte for byte as it was sealed (test_erasable_forms.py)."""

from __future__ import annotations

from typing import Any

KEY = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
RECORD_1_SIGNATURE = (
    "4239ff768228fd4893cb06102b2b786a2aefada72c6db4f6ac6608e489db81a3"
    "87db6553b3007287e40aa9f59bd43b189bcd14d57b124db6f9ac7f7d0e37c500"
)
RECORD_1: dict[str, Any] = {
    "basis": {
        "seconds": {"live": 10800, "practice": 10800},
        "units": {"11111111-1111-4111-8111-111111111111": 10800, "22222222-2222-4222-8222-222222222222": 10800},
        "required": {"live": 10800, "practice": 10800},
        "results": [{"kind": "theory", "score": 82, "pass_mark": 60, "passed": True}],
        "curriculum": "0000000000000000000000000000000000000000000000000000000000000000",
    },
    "ledger": {"seq": 4, "hash": "1111111111111111111111111111111111111111111111111111111111111111"},
    "enrolment": 21,
    "person": {"id": 9, "commitment": "009d13d965aac40e9b8486a3310b0817a4787af177d1525b797b352c577c5a9f"},
    "class": {
        "id": 1,
        "number": "BQ-2026-000001",
        "title": "电工(四级)2026 春季 1 班",
        "programme": "SME-GROUP",
        "filed_on": "2026-03-02",
        "from": "2026-03-09",
        "to": "2026-04-24",
        "provider": "浦江职业技能培训学校",
        "provider_uscc": "52310101MJ90000149",
    },
    "curriculum": {
        "id": 7,
        "title": "电工(四级)",
        "digest": "0000000000000000000000000000000000000000000000000000000000000000",
        "occupation": "6-31-01-03",
        "occupation_name": "电工",
        "level": 4,
    },
    "record_no": "PXHG-310000-2026-000001-6",
    "issued_at": "2026-03-12T04:00:00+00:00",
    "supersedes": None,
}
FILING_1: dict[str, Any] = {
    "form": "class-filing/1",
    "number": "BQ-2026-000001",
    "version": 1,
    "title": "电工班",
    "programme": "IND-SKILL",
    "project": "电工班",
    "provider": {"id": 11, "name": "浦江职业技能培训学校", "uscc": "52310101MJ90000149"},
    "employers": [],
    "base": None,
    "place": "",
    "district": "310115",
    "payee": {"kind": "person", "organisation": None, "agreed_on": None, "agreement": ""},
    "starts_on": "2026-03-09",
    "ends_on": "2026-04-24",
    "cost_fen": 60000,
    "capacity": 30,
    "platform": "own",
    "business_note": "",
    "hour_rules": {"pack": "REF-HOURS-2026.1", "category": "open_class", "order_gate": False},
    "trainers": [
        {
            "person": 5,
            "name": "孙**",
            "id": "310***********0012",
            "id_hash": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        }
    ],
    "assessors": [],
    "roster": [
        {
            "enrolment": 21,
            "employer": None,
            "person": 9,
            "name": "王**",
            "id": "310***********9028",
            "id_hash": "abababababababababababababababababababababababababababababababab",
        }
    ],
    "commitment": {"by": 8, "name": "何雯", "at": "2026-03-02T02:00:00+00:00"},
}
FACTS_1: dict[str, Any] = {
    "programme": "SME-GROUP",
    "pack": "REF-SH",
    "facts": {"birth_on": "1990-03-07", "level": 4, "groups": ["EMP"]},
    "lines": [],
    "evidence": {},
}
