"""Write a chat dataset of any size with faults at known lines, to measure speed and recall by.

    python bench/lint/make_dataset.py FILE.jsonl --size 100MB

The same seed and size give the same file. Text is cut from Python's own documentation and library and from a few other
scripts; every name and key in it is made up. Beside the file stands FILE.manifest.json: fault -> lines, from 1.
"""

import argparse
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCRIPTS = (
    "我们可以使用这个函数来计算数据模型训练结果。",
    "この関数はデータを計算します。",
    "Функция вычисляет данные.",
    "🚀 ✅ é",
)
NAMES = [
    "ba",
    "de",
    "ko",
    "li",
    "ma",
    "ne",
    "po",
    "ra",
    "si",
    "tu",
    "xo",
    "fen",
    "gor",
    "hal",
    "mir",
    "nat",
    "ren",
    "sal",
    "tor",
    "vek",
    "wyn",
]
# Fault -> the rule that must name its line.
FAULTS: dict[str, str] = {
    "bad_json": "FT101", "truncated": "FT101", "not_an_object": "FT102", "duplicate_key": "FT103", "nan": "FT104",
    "lone_surrogate": "FT107", "invalid_utf8": "FT005", "crlf": "FT007", "blank_line": "FT008", "no_messages": "FT201",
    "messages_empty": "FT202", "missing_role": "FT205", "unknown_role": "FT206", "missing_content": "FT207",
    "content_type": "FT208", "empty_content": "FT203", "last_turn": "FT210", "no_user": "FT212", "extra_key": "FT213",
    "weight": "FT214", "arguments_not_json": "FT301", "orphan_result": "FT302", "special_token": "FT813",
    "over_long": "FT705", "exact_duplicate": "FT801", "other_answer": "FT803", "aws_key": "FT901", "email": "FT904",
    "card": "FT903",
}  # fmt: skip


class Writer:
    """Makes examples and spoils some."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.prose, self.code = _pools()
        self.count = 0

    def word(self) -> str:
        return "".join(self.random.choices(NAMES, k=3)).capitalize()

    def text(self, low: int, high: int) -> str:
        r = self.random
        kind = r.random()
        if kind < 0.2:
            return f"See this:\n\n```python\n{r.choice(self.code)}\n```"
        if kind < 0.32:
            return "".join(r.choices(SCRIPTS, k=r.randint(low, high) * 3))
        sentences = []
        for sentence in r.choices(self.prose, k=r.randint(low, high)):
            words = sentence.split(" ")
            words[r.randrange(len(words))] = r.choice((self.word(), str(r.randrange(10**6))))
            sentences.append(" ".join(words))
        return " ".join(sentences)

    def example(self) -> dict[str, Any]:
        r = self.random
        self.count += 1
        messages: list[dict[str, Any]] = []
        value: dict[str, Any] = {"messages": messages}
        if r.random() < 0.6:
            messages.append({"role": "system", "content": "You answer questions about this shop's own software."})
        for turn in range(r.choice((1, 1, 2, 3))):
            messages.append({"role": "user", "content": f"{self.text(1, 4)} [{self.word()}{self.count}.{turn}]"})
            if turn == 0 and r.random() < 0.08:
                call = {"name": "search", "arguments": json.dumps({"q": self.word(), "limit": r.randrange(50)})}
                calls = [{"id": f"call_{self.count}", "type": "function", "function": call}]
                messages.append({"role": "assistant", "content": None, "tool_calls": calls})
                messages.append({"role": "tool", "tool_call_id": f"call_{self.count}", "content": self.word()})
                fields = {"q": {"type": "string"}, "limit": {"type": "integer"}}
                schema = {"type": "object", "properties": fields, "required": ["q"]}
                tool = {"name": "search", "description": self.text(1, 1), "parameters": schema}
                value["tools"] = [{"type": "function", "function": tool}]
            messages.append({"role": "assistant", "content": self.text(3, 10)})
        return value

    def spoil(self, fault: str, value: dict[str, Any], before: dict[str, Any]) -> bytes:
        """The line, with a fault in it."""
        change: Callable[[dict[str, Any], dict[str, Any]], Any] | None = _CHANGES.get(fault)
        if change is not None:
            value = change(value, before) or value
        elif fault == "over_long":
            value["messages"][-1]["content"] = " ".join(self.random.choices(self.prose, k=4_000))
        line = json.dumps(value, ensure_ascii=fault == "lone_surrogate").encode("utf-8", "surrogatepass")
        return _BYTES[fault](line) if fault in _BYTES else line


def _last(**new: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda value, before: value["messages"][-1].update(new)


def _user(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(m for m in value["messages"] if m["role"] == "user")
    return found


def _say(text: str) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(value: dict[str, Any], before: dict[str, Any]) -> None:
        value["messages"][-1]["content"] += f" {text} and so on"

    return change


def _arguments(value: dict[str, Any], before: dict[str, Any]) -> None:
    call = {"id": "call_x", "type": "function", "function": {"name": "search", "arguments": '{"q": '}}
    result = {"role": "tool", "tool_call_id": "call_x", "content": "ok"}
    value["messages"][-1:-1] = [{"role": "assistant", "content": None, "tool_calls": [call]}, result]


def _other_answer(value: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(before))
    changed["messages"][-1]["content"] = "Quite another answer, for once. " + value["messages"][-1]["content"]
    return changed


_CHANGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "no_messages": lambda v, b: {"message": v["messages"]},
    "messages_empty": lambda v, b: {"messages": []},
    "missing_role": lambda v, b: _user(v).pop("role") and None,
    "unknown_role": lambda v, b: _user(v).update(role="bot"),
    "missing_content": lambda v, b: _user(v).pop("content") and None,
    "content_type": _last(content=42),
    "empty_content": _last(content="   "),
    "last_turn": lambda v, b: v["messages"].pop() and None,
    "no_user": lambda v, b: {"messages": v["messages"][-1:]},
    "extra_key": lambda v, b: _user(v).update(sender_id=7),
    "weight": _last(weight=2),
    "arguments_not_json": _arguments,
    "orphan_result": lambda v, b: v["messages"].insert(-1, {"role": "tool", "tool_call_id": "none", "content": "ok"}),
    "special_token": _say("<|" + "endoftext|>"),
    "lone_surrogate": _say("\ud83d"),
    "exact_duplicate": lambda v, b: b,
    "other_answer": _other_answer,
    "aws_key": _say("AK" + "IA" + "QWERTZ2345UIOPAS"),
    "email": _say("ann.lee" + "@" + "example.org"),
    "card": _say("4539 5787 " + "6362 1486"),
}
_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "bad_json": lambda b: b.replace(b'"role": ', b'"role" ', 1),
    "truncated": lambda b: b[: len(b) // 2].rstrip(b"\\"),
    "not_an_object": lambda b: b"[" + b + b"]",
    "duplicate_key": lambda b: b[:-1] + b', "messages": []}',
    "nan": lambda b: b[:-1] + b', "score": NaN}',
    "invalid_utf8": lambda b: b.replace(b'"content": "', b'"content": "caf\xe9 ', 1),
    "crlf": lambda b: b + b"\r",
    "blank_line": lambda b: b"",
}


def _pools() -> tuple[list[str], list[str]]:
    """(sentences, functions) of Python's documentation and library."""
    import sysconfig
    from pydoc_data.topics import topics

    sentences = re.split(r"(?<=[.!?])\s+", re.sub(r"\s+", " ", " ".join(topics.values())))
    prose = sorted({s for s in sentences if 30 < len(s) < 300 and "@" not in s and "::" not in s})
    code: set[str] = set()
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        source = file.read_text(encoding="utf-8", errors="ignore")
        found = re.findall(r"(?m)^def .*\n(?:    .*\n|\n)+", source)
        code.update(f.rstrip() for f in found if 120 < len(f) < 1500 and "@" not in f)
    return prose, sorted(code)


def make(path: Path, size: int, seed: int = 1, rate: float = 0.006) -> dict[str, list[int]]:
    """Write the file and its manifest; gives fault -> lines. Each fault stands there at least once."""
    writer = Writer(seed)
    r = writer.random
    planted: dict[str, list[int]] = {}
    waiting = [*FAULTS]
    r.shuffle(waiting)
    recent = writer.example()
    done, number = 0, 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as f:
        while done < size or waiting:
            number += 1
            value = writer.example()
            fault = waiting.pop() if waiting and number % 7 == 0 else r.choice([*FAULTS]) if r.random() < rate else ""
            if fault == "over_long" and len(planted.get(fault, ())) >= 3:
                fault = ""
            if fault and number > 5:
                line = writer.spoil(fault, value, recent)
                planted.setdefault(fault, []).append(number)
            else:
                line = json.dumps(value, ensure_ascii=r.random() < 0.2).encode()
            if not fault and number % 97 in (3, 50):
                recent = json.loads(line)
            done += f.write(line + b"\n")
    path.with_suffix(".manifest.json").write_text(json.dumps(planted))
    return planted


def bytes_of(text: str) -> int:
    """ "100MB" -> 100,000,000."""
    found = re.fullmatch(r"([\d.]+)\s*([kMG]?)B?", text.strip())
    if not found:
        raise SystemExit(f"not a size: {text}; say it like 100MB or 1GB")
    return int(float(found[1]) * {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}[found[2]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--size", default="100MB")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    planted = make(given.file, bytes_of(given.size), given.seed)
    print(f"{given.file}: {given.file.stat().st_size / 1e6:,.0f} MB, {sum(map(len, planted.values())):,} faults")


if __name__ == "__main__":
    main()
