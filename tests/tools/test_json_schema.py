"""Schemas out of somebody's file: nothing is fetched, nothing runs long, what cannot be judged is said."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools.dataset import LintRequest, lint
from tools.evals.graders.json_match import JsonMatch
from tools.json_schema import SchemaError, first_error, validator

A: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
SLOW = "a" * 40 + "!"


def _a(**rule: object) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": rule}}


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        (A, {"a": "x"}, True),
        (A, {"a": 1}, False),
        (_a(pattern="^[0-9]+$"), {"a": "12"}, True),
        (_a(pattern="^[0-9]+$"), {"a": "x"}, False),
        (_a(pattern="^[0-9]+$"), {"a": 3}, True),
        (_a(pattern="(a+)+$"), {"a": SLOW}, False),
        (_a(pattern="(?=x)y"), {"a": "z"}, True),  # RE2 knows no look-ahead: not judged
        ({**A, "additionalProperties": False}, {"a": "x", "b": 1}, False),
        ({**A, "additionalProperties": {"type": "integer"}}, {"b": 1}, True),
        ({**A, "additionalProperties": {"type": "integer"}}, {"b": "x"}, False),
        ({"patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": False}, {"n_1": 1}, True),
        ({"patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": False}, {"n_1": "x"}, False),
        ({"patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": False}, {"m": 1}, False),
        ({"patternProperties": {"(a+)+$": {}}, "additionalProperties": False}, {SLOW: 1}, False),
        ({"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1}, False),
        ({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}, {"a": "x"}, False),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 3, "exclusiveMaximum": True}, 3, False),
    ],
)
def test_a_value_fits_or_not(schema: dict[str, Any], value: object, fits: bool) -> None:
    started = time.monotonic()
    assert (first_error(validator(schema), value) is None) is fits
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("schema", [{"type": "objekt"}, {"properties": []}, {"type": 5}])
def test_what_is_no_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        validator(schema)


POINTS_AWAY = {
    "nowhere": _a(**{"$ref": "#/nope"}),
    "a file": _a(**{"$ref": "file:///etc/hostname"}),
    "an address": _a(**{"$ref": "HTTP://127.0.0.1:PORT/upper"}),
    "relative to an address": {"$id": "http://127.0.0.1:PORT/base", **_a(**{"$ref": "other"})},
    "a dynamic address": _a(**{"$dynamicRef": "http://127.0.0.1:PORT/dynamic"}),
    "itself": {"$ref": "#"},
    "an infinite multiple": _a(multipleOf=0.1),
}


@pytest.fixture
def asked() -> Iterator[tuple[int, list[str]]]:
    paths: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, paths
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("what", POINTS_AWAY)
def test_a_schema_that_points_away_is_not_followed(what: str, asked: tuple[int, list[str]], tmp_path: Path) -> None:
    port, paths = asked
    schema = json.loads(json.dumps(POINTS_AWAY[what]).replace("PORT", str(port)))
    arguments = '{"a": 1e400}'
    made = validator(schema)
    with pytest.raises(SchemaError):
        first_error(made, json.loads(arguments))

    call = {"id": "c", "type": "function", "function": {"name": "get", "arguments": arguments}}
    row = {
        "messages": [{"role": "user", "content": "Get a."}, {"role": "assistant", "tool_calls": [call]}],
        "tools": [{"type": "function", "function": {"name": "get", "parameters": schema}}],
    }
    file = tmp_path / "train.jsonl"
    file.write_text((json.dumps(row) + "\n") * 12)
    assert lint(LintRequest(path=file)).examples == 12

    grade = JsonMatch(json_schema=schema).grade(arguments, arguments)
    assert grade.score is None
    assert paths == []


def test_arguments_given_as_an_object_are_not_said_to_miss_what_they_hold(tmp_path: Path) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "get", "arguments": {"a": "x"}}}
    row = {
        "messages": [{"role": "user", "content": "Get a."}, {"role": "assistant", "tool_calls": [call]}],
        "tools": [{"type": "function", "function": {"name": "get", "parameters": {**A, "required": ["a"]}}}],
    }
    file = tmp_path / "train.jsonl"
    file.write_text((json.dumps(row) + "\n") * 12)
    found = {f.rule for f in lint(LintRequest(path=file)).findings}
    assert "FT301" in found
    assert "FT306" not in found
