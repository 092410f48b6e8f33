from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from lms.demo.sample_roster import FILE_NAME, sample_roster

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def roster_file(_request: HttpRequest) -> HttpResponse:
    """A roster with the mistakes of real lists, to be uploaded by a visitor; only where the demo runs."""
    if not settings.DEMO:
        raise Http404
    answer = HttpResponse(sample_roster(), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer
