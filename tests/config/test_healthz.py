from __future__ import annotations

from django.test import Client


def test_all_engines_serve(db: None, client: Client) -> None:
    assert client.get("/healthz").status_code == 200
