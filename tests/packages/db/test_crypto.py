from __future__ import annotations

import pytest
from pytest_django import Settings

from lms.db.api import Signature, UnableToDecrypt, blind_index, decrypt_text, encrypt_text, sign, verify


def test_the_same_text_never_looks_the_same_and_opens_only_for_its_purpose() -> None:
    first, second = (encrypt_text("310104198506159028", purpose="id") for _ in range(2))
    assert first != second
    assert "310104" not in first
    assert decrypt_text(first, purpose="id") == "310104198506159028"
    with pytest.raises(UnableToDecrypt):
        decrypt_text(first, purpose="mobile")
    with pytest.raises(UnableToDecrypt):
        decrypt_text(first[:-4] + "AAAA", purpose="id")


def test_an_old_key_still_opens_after_a_new_one_took_over(settings: Settings) -> None:
    old = encrypt_text("王桂芳", purpose="name")
    signature = sign(b"record")
    settings.FIELD_KEYS = {"next": "ab" * 32, **settings.FIELD_KEYS}
    settings.SIGNING_KEYS = {"next": "cd" * 32, **settings.SIGNING_KEYS}
    assert encrypt_text("王桂芳", purpose="name").startswith("v1.next.")
    assert decrypt_text(old, purpose="name") == "王桂芳"
    assert verify(b"record", signature)
    assert sign(b"record").key_id == "next"


def test_a_blind_index_is_keyed_and_bound_to_its_purpose() -> None:
    assert blind_index("13800010001", purpose="mobile") == blind_index("13800010001", purpose="mobile")
    assert blind_index("13800010001", purpose="mobile") != blind_index("13800010001", purpose="id")


def test_a_signature_holds_for_its_bytes_and_our_keys_only() -> None:
    signature = sign(b"195.00")
    assert verify(b"195.00", signature)
    assert not verify(b"295.00", signature)
    assert not verify(b"195.00", Signature(key_id="stranger", value=signature.value))
    assert not verify(b"195.00", Signature(key_id=signature.key_id, value="zz"))
