"""Model fields that the rest of the house shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from lms.db.crypto import decrypt_text, encrypt_text

if TYPE_CHECKING:
    _Text = models.TextField[str | None, str | None]
else:
    _Text = models.TextField


class EncryptedTextField(_Text):
    """Text that lies encrypted in the database and clear in Python. `purpose` binds the ciphertext to its column.

    The column can't be searched: put a `blind_index` beside it. Empty text and None are stored as they are.
    """

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "lms.db.api.EncryptedTextField", args, {**kwargs, "purpose": self.purpose}

    def get_prep_value(self, value: Any) -> str | None:
        text = super().get_prep_value(value)
        return encrypt_text(text, purpose=self.purpose) if text else text

    def from_db_value(self, value: str | None, _expression: object, _connection: object) -> str | None:
        return decrypt_text(value, purpose=self.purpose) if value else value
