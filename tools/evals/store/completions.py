"""What endpoints answered, kept by the content of the question: nothing is measured twice."""

from typing import Any

import orjson

from tools.endpoint import Completion
from tools.evals.store.connection import connection, path, query, utcnow


def known(keys: list[str]) -> dict[str, Completion]:
    """The completions stored under these keys."""
    if not keys or not path().exists():
        return {}
    with connection() as con:
        found = con.execute(query("known_completions"), {"keys": orjson.dumps(keys).decode()}).fetchall()
    return _read(found)


def of_model(model: str) -> dict[str, Completion]:
    """Every completion of one model that is stored."""
    if not path().exists():
        return {}
    with connection() as con:
        return _read(con.execute(query("completions_of_model"), {"model": model}).fetchall())


def _read(rows: list[Any]) -> dict[str, Completion]:
    return {
        key: Completion(text=text, finish_reason=why, prompt_tokens=sent, completion_tokens=made, latency_ms=latency_ms)
        for key, text, why, sent, made, latency_ms in rows
    }


def keep(measured: dict[str, Completion], model: str) -> None:
    """Store completions; one that is there already stays as it is."""
    if not measured:
        return
    rows = [
        {**c.model_dump(exclude={"text"}), "key": key, "model": model, "completion": c.text}
        for key, c in measured.items()
    ]
    with connection() as con:
        con.execute(query("keep_completions"), {"rows": orjson.dumps(rows).decode(), "now": utcnow()})
