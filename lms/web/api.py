"""What the edges of all packages share. The one door that speaks HTTP."""

from lms.web.gates import person_id_of, person_required, rate_limited, roles_required
from lms.web.parsing import client_facts, paginate, parse_json
from lms.web.problems import BadRequest, problem

__all__ = [
    "BadRequest",
    "client_facts",
    "paginate",
    "parse_json",
    "person_id_of",
    "person_required",
    "problem",
    "rate_limited",
    "roles_required",
]
