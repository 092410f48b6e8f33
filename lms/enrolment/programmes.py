"""Which classes a subsidy programme pays for. Sources: domain 2.1 (three payee modes) and 2.2.

What a programme pays, and when, belongs to the policy packs of the subsidy package; only the shape of a class is here.
"""

from __future__ import annotations

from lms.enrolment.data import PayeeKind, Programme

# The money goes to the enterprise; the staff are its own.
_ENTERPRISE = (PayeeKind.ENTERPRISE,)

PROGRAMMES: dict[str, Programme] = {
    programme.code: programme
    for programme in (
        Programme(
            code="SME-GROUP",
            category="group_class",
            payee_kinds=(PayeeKind.PROVIDER, PayeeKind.ENTERPRISE),
            agreement=True,
            employers=True,
            self_enrolment=False,
        ),
        Programme(
            code="ENT-ONLINE",
            category="online_class",
            payee_kinds=_ENTERPRISE,
            agreement=False,
            employers=True,
            self_enrolment=False,
        ),
        Programme(
            code="ENT-SKILL",
            category="blended_class",
            payee_kinds=_ENTERPRISE,
            agreement=False,
            employers=True,
            self_enrolment=False,
        ),
        # A worker trains on his own account; what may follow is the subsidy for his certificate, paid to him.
        Programme(
            code="IND-SKILL",
            category="open_class",
            payee_kinds=(PayeeKind.PERSON,),
            agreement=False,
            employers=False,
            self_enrolment=True,
        ),
    )
}
