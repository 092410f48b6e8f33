import pytest

from lms.lib.canonical import canonical_bytes, digest


def test_key_order_does_not_matter_and_text_stays_text() -> None:
    assert canonical_bytes({"b": 1, "a": [True, None, "养老"]}) == '{"a":[true,null,"养老"],"b":1}'.encode()
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


@pytest.mark.parametrize("value", [1.0, {"a": 0.1}, {1: "a"}, b"bytes", {"a": {2}}])
def test_values_without_a_canonical_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_bytes(value)  # type: ignore[arg-type]
