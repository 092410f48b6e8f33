from __future__ import annotations

from django.urls import resolve

from lms.config.schema import add_package_endpoints
from media import openapi


def test_every_endpoint_of_media_is_in_the_schema_and_answers() -> None:
    document = add_package_endpoints({})
    for path in openapi.PATHS:
        assert path in document["paths"]
        filled = (
            path.replace("{upload}", "00000000-0000-4000-8000-000000000000")
            .replace("{media}", "00000000-0000-4000-8000-000000000000")
            .replace("{token}", "t")
            .replace("{file}", "master.m3u8")
        )
        assert resolve(filled).app_name == "media"
    for name in ("NewUpload", "PartNumbers", "ArrivedParts", "UploadSlot", "SignedParts", "Media"):
        assert name in document["components"]["schemas"]
