r"""One line of bytes -> one JSON value, and every reason why another reader might see something else.

Stricter than Python's own reader on purpose: NaN, two equal keys, half of a surrogate pair and numbers no double
can hold pass there and fail, or silently differ, at a provider.
"""

import json
import re
from typing import Any, NamedTuple

MAX_DEPTH = 100
MAX_DIGITS = 19
"""Longer integers do not fit 64 bits, which several readers use."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BRACKETS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


class Problem(NamedTuple):
    """Something wrong with the line's text itself."""

    kind: str
    """utf8, nul, syntax, depth, duplicate_key, nan, number, surrogate."""
    words: str
    column: int | None = None
    """Character in the line, from 1."""


class Decoded(NamedTuple):
    """The value (None with `ok` False when there is none) and all that is wrong with the text."""

    value: Any
    ok: bool
    problems: list[Problem]


def decode(raw: bytes) -> Decoded:
    """Read one line. Never raises for any bytes."""
    problems: list[Problem] = []
    if b"\0" in raw:
        problems.append(Problem("nul", f"{raw.count(0)} NUL characters", raw.index(0) + 1))
        return Decoded(None, False, problems)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        column = len(raw[: e.start].decode("utf-8", "replace")) + 1
        problems.append(Problem("utf8", f"byte 0x{raw[e.start]:02x} is not UTF-8", column))
        # Whatever else is wrong would come to light only once this is mended; it is said at once.
        text = raw.decode("utf-8", "replace")
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and (deep := _depth(raw)) > MAX_DEPTH:
        problems.append(Problem("depth", f"brackets nest {deep:,} deep"))
        return Decoded(None, False, problems)
    reader = _Reader(problems)
    try:
        value = json.loads(
            text,
            object_pairs_hook=reader.pairs,
            parse_constant=reader.constant,
            parse_int=reader.integer,
            parse_float=reader.number,
        )
    except json.JSONDecodeError as e:
        problems.append(Problem("syntax", _explain(text, e), e.pos + 1))
        return Decoded(None, False, problems)
    except RecursionError:
        problems.append(Problem("depth", "brackets nest too deep"))
        return Decoded(None, False, problems)
    if problems and problems[0].kind == "utf8":
        return Decoded(None, False, problems)
    if _SURROGATE.search(raw):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            problems.append(Problem("surrogate", "half of a surrogate pair (\\ud800 to \\udfff)"))
            value = _whole(value)
    return Decoded(value, True, problems)


_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def encode(value: Any) -> str:
    """One value as one line: text as it is, but the characters that some readers take for line ends as escapes."""
    return json.dumps(value, ensure_ascii=False).translate(_BREAKS)


class _Reader:
    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            keys = [k for k, _ in pairs]
            twice = next(k for k in keys if keys.count(k) > 1) if len(keys) < 1000 else ""
            self._problems.append(Problem("duplicate_key", f'the key "{twice[:60]}" stands twice in one object'))
        return result

    def constant(self, word: str) -> float:
        self._problems.append(Problem("nan", f"{word} is not JSON"))
        return float(word.replace("Infinity", "inf"))

    def integer(self, digits: str) -> int | float:
        if len(digits) > MAX_DIGITS:
            self._problems.append(Problem("number", f"a whole number of {len(digits):,} digits"))
            return float(digits) if len(digits) < 300 else float("inf")
        return int(digits)

    def number(self, text: str) -> float:
        value = float(text)
        if value in (float("inf"), float("-inf")):
            self._problems.append(Problem("number", f"the number {text[:30]} is larger than any double"))
        return value


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for found in _BRACKETS.finditer(raw):
        mark = found[0]
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest


def _whole(value: Any) -> Any:
    """The same value with half pairs replaced, so that what follows can encode it."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(v) for v in value]
    if isinstance(value, dict):
        return {_whole(k): _whole(v) for k, v in value.items()}
    return value


def _explain(text: str, error: json.JSONDecodeError) -> str:
    """What a person most likely did, from where the reader stopped."""
    if text.startswith("\ufeff"):
        return "a byte-order mark stands in the middle of the file, as when files are joined"
    at, rest = error.pos, text[error.pos : error.pos + 20]
    before = text[:at].rstrip()
    if at >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return "it ends before the JSON is complete"
    if error.msg == "Extra data":
        if text[:at].endswith("\r"):
            return "a second value follows the first; the line ends are carriage returns, as on old Macintosh computers"
        return "a second value follows the first" if rest[:1] in '{["' else "text follows the JSON value"
    if rest[:1] == "'" or "'messages'" in text[:200]:
        return "single quotes, as Python prints them, are not JSON"
    if rest[:1] in "}]" and before.endswith(","):
        return "a comma stands before the closing bracket"
    if rest.startswith(("//", "/*", "#")):
        return "comments are not JSON"
    if rest[:1] in "“”„‟":
        return "typographic quotes stand where plain ones must"
    if rest.startswith(("None", "True", "False")):
        return "None, True and False are Python; JSON has null, true and false"
    if error.msg.startswith("Invalid control"):
        return "a raw control character (tab or line break) stands inside a string"
    if error.msg == "Expecting value" and not before:
        return "no JSON begins here"
    return f"{error.msg[0].lower()}{error.msg[1:]}"
