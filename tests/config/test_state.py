"""STATE_DIR: one run at a time, secrets and ports kept."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from lms.config.engines.engine import EngineTrouble
from lms.config.engines.installation import correct_address, lay_out
from lms.config.engines.state import PORT_NAMES, State


def test_a_second_run_on_the_same_folder_is_refused_in_words(tmp_path: Path) -> None:
    first = State(tmp_path)
    first.open()
    first.say_who("process 123, http://127.0.0.1:8000")
    with pytest.raises(EngineTrouble) as caught:
        State(tmp_path).open()
    text = str(caught.value)
    assert f"already runs from {tmp_path} (process 123, http://127.0.0.1:8000)" in text
    assert "make stop" in text
    assert "STATE_DIR=" in text
    first.close()
    again = State(tmp_path)
    again.open()
    again.close()


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineTrouble, match="Set STATE_DIR to a folder that you own"):
        State(tmp_path / "file" / "var")


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = State(tmp_path).secrets()
    assert State(tmp_path).secrets() == first
    path = tmp_path / "secrets" / "secrets.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert len(set(first.values())) == len(first)


def test_a_damaged_file_of_secrets_is_not_overwritten(tmp_path: Path) -> None:
    State(tmp_path).secrets()
    path = tmp_path / "secrets" / "secrets.json"
    path.write_text('{"secret_key": ')
    with pytest.raises(EngineTrouble, match="Restore it, or delete it"):
        State(tmp_path).secrets()
    assert path.read_text() == '{"secret_key": '


def test_ports_are_remembered_and_a_taken_one_is_replaced_alone(tmp_path: Path) -> None:
    first = State(tmp_path).ports()
    assert set(first) == set(PORT_NAMES)
    assert len(set(first.values())) == len(PORT_NAMES)
    assert State(tmp_path).ports() == first
    with socket.create_server(("127.0.0.1", first["streams"])):
        second = State(tmp_path).ports()
    assert {name for name in PORT_NAMES if first[name] != second[name]} == {"streams"}
    assert len(set(second.values())) == len(PORT_NAMES)


def test_two_folders_share_neither_ports_nor_secrets(tmp_path: Path) -> None:
    one, two = (lay_out(State(tmp_path / name), port=8000 + number) for number, name in enumerate("ab"))
    assert set(one.store.ports.values()).isdisjoint(two.store.ports.values())
    assert one.environment["SECRET_KEY"] != two.environment["SECRET_KEY"]
    assert one.environment["DATABASE_URL"] != two.environment["DATABASE_URL"]
    assert "lms_owner" not in json.dumps(dict(one.environment))


def test_the_address_of_this_run_stands_in_what_scripts_read(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert correct_address(state, "http://127.0.0.1:8001") == {}
    (tmp_path / "demo.json").write_text(json.dumps({"base_url": "http://127.0.0.1:8000", "accounts": {"学员": {}}}))
    told = correct_address(state, "http://127.0.0.1:8001")
    assert told == {"base_url": "http://127.0.0.1:8001", "accounts": {"学员": {}}}
    assert json.loads((tmp_path / "demo.json").read_text()) == told
