"""The index behind search: SQLite's full-text engine in memory, words reduced to stems, slips of the keyboard mended."""

import math
import re
import sqlite3
import threading
from collections.abc import Sequence
from typing import NamedTuple

WORD = re.compile(r"[^\W_]+", re.UNICODE)


class Document(NamedTuple):
    """One thing to be found."""

    key: tuple[str, str]
    """Kind and id."""
    questions: tuple[str, ...]
    """The ways it is asked for."""
    body: str


class Index:
    """Built once, then read only. Threads take turns."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = tuple(documents)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute("create virtual table d using fts5(questions, body, tokenize='porter unicode61')")
        self._db.executemany(
            "insert into d(rowid, questions, body) values (?, ?, ?)",
            [(i, "\n".join(x.questions), x.body) for i, x in enumerate(self._documents)],
        )

    def best(self, query: str, limit: int) -> list[tuple[tuple[str, str], float]]:
        """Keys and scores of the best documents, best first; only those that pass the threshold."""
        words = list(dict.fromkeys(WORD.findall(query.lower())))[:32]
        if not words:
            return []
        match = " OR ".join(f'"{w}"' for w in words)
        with self._lock:
            rows = self._db.execute(
                "select rowid, bm25(d, 3.0, 1.0) from d where d match ? order by 2 limit ?", (match, limit)
            ).fetchall()
        return [(self._documents[i].key, 1 - math.exp(score / 10)) for i, score in rows]
