"""The index behind search: which document answers a question, and whether any does.

SQLite's full-text engine cuts words to stems; words that no document holds are mended with rapidfuzz. A document is as
good as its best way of asking: the share of meaning, weighted by rarity, that question and phrase have in common. The
weights were chosen on one half of bench/search/questions.yaml (docs/decisions/0003-search.md).
"""

import math
import re
import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from knowledge.load import Record, read

WORD = re.compile(r"[^\W_]+")
LONGEST_QUERY = 1000
"""Characters of a question that are looked at; a pasted document is no question."""
TYPO_WEIGHT = 0.8
"""Of the weight of the word that a misspelt one is taken for."""
EMPTY_WEIGHT = 0.5
"""Of words without a subject ("what", "how"), which only tell phrases of the same subject apart."""
PHRASE, TITLES, BODY = 0.7, 0.15, 0.15
"""How much it counts that the best phrase matches, that all phrases together do, and that the text does."""
THRESHOLD = 0.35
"""Below this no answer is better than one."""
BEHIND = 0.6
"""Of the best score; what scores less only shares a word."""

Kind = Literal["page", "technique", "glossary"]
Key = tuple[Kind, str]


class Words(Record):
    """What search knows of words (search_words.yaml)."""

    same: tuple[tuple[str, ...], ...]
    empty: str


class Document(NamedTuple):
    """One thing to be found."""

    key: Key
    """Kind and id."""
    questions: tuple[str, ...]
    """The ways it is asked for."""
    body: str


class Index:
    """Built once, then read only. Threads take turns at the stemmer."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._keys = [d.key for d in documents]
        self._stemmer = _Stemmer()
        words = read("search_words.yaml", Words)
        forms = {form: group[0] for group in words.same for form in group[1:]}
        self._same = forms
        self._same_pattern = re.compile(r"\b(?:" + "|".join(sorted(forms, key=len, reverse=True)) + r")\b")
        phrases = [(n, q) for n, d in enumerate(documents) for q in d.questions]
        texts = [words.empty, *(self._normal(q) for _, q in phrases), *(self._normal(d.body) for d in documents)]
        empty, *stemmed = self._stemmer(texts)
        self._empty = frozenset(empty.values())
        stems = [frozenset(s.values()) for s in stemmed]
        self._phrases, bodies = stems[: len(phrases)], stems[len(phrases) :]
        self._owner = [n for n, _ in phrases]
        self._titles: list[frozenset[str]] = [frozenset() for _ in documents]
        for n, s in zip(self._owner, self._phrases, strict=True):
            self._titles[n] |= s
        self._all = [t | b for t, b in zip(self._titles, bodies, strict=True)]
        counts, total = Counter(w for s in self._all for w in s), len(documents)
        self._weight = {w: self._rarity(c, total) for w, c in counts.items()} | dict.fromkeys(self._empty, EMPTY_WEIGHT)
        self._rarest = self._rarity(0, total)
        self._phrase_weights = [sum(self._weight[w] for w in s) for s in self._phrases]
        self._in_phrases: dict[str, list[int]] = defaultdict(list)
        for i, s in enumerate(self._phrases):
            for w in s:
                self._in_phrases[w].append(i)
        self._forms = {f: w for s in stemmed for f, w in s.items() if len(f) > 3 and w not in self._empty}

    @staticmethod
    def _rarity(count: int, total: int) -> float:
        return math.log(1 + (total - count + 0.5) / (count + 0.5))

    def _normal(self, text: str) -> str:
        text = " ".join(WORD.findall(text.lower().replace("'", "").replace("’", "")))
        return self._same_pattern.sub(lambda m: self._same[m.group()], text)

    def _asked(self, query: str) -> dict[str, float]:
        """Stems of a question with their weights; a word that is not known gives way to the nearest that is."""
        weights: dict[str, float] = {}
        for form, stem in self._stemmer([self._normal(query[:LONGEST_QUERY])])[0].items():
            if stem in self._weight:
                weights[stem] = self._weight[stem]
            elif near := self._mended(form):
                weights[near] = TYPO_WEIGHT * self._weight[near]
            else:
                weights[stem] = self._rarest
        return weights

    def _mended(self, form: str) -> str | None:
        """The stem of the one word of ours that `form` is a misspelling of."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        slips = 0 if len(form) < 6 else 1 if len(form) < 9 else 2
        alike = [f for f in self._forms if f[0] == form[0]] if slips else []
        near = process.extractOne(form, alike, scorer=OSA.distance, score_cutoff=slips) if alike else None
        return self._forms[near[0]] if near else None

    def ranked(self, query: str) -> list[tuple[Key, float]]:
        """All documents that share a telling word with `query`, best first, with scores from 0 to 1."""
        weights = self._asked(query)
        telling = {w: x for w, x in weights.items() if w not in self._empty}
        asked, told = sum(weights.values()), sum(telling.values())
        if not telling:
            return []
        shared: dict[int, float] = defaultdict(float)
        for w, x in weights.items():
            for i in self._in_phrases.get(w, ()):
                shared[i] += x
        phrase: dict[int, float] = defaultdict(float)
        for i, x in shared.items():
            n = self._owner[i]
            phrase[n] = max(phrase[n], 2 * x / (asked + self._phrase_weights[i]))
        scores = []
        for n, key in enumerate(self._keys):
            anywhere = sum(x for w, x in telling.items() if w in self._all[n]) / told
            if anywhere:
                titles = sum(x for w, x in telling.items() if w in self._titles[n]) / told
                scores.append((key, min(1.0, PHRASE * phrase[n] + TITLES * titles + BODY * anywhere)))
        return sorted(scores, key=lambda s: -s[1])

    def best(self, query: str) -> list[tuple[Key, float]]:
        """As ranked, without those that are no answer or far behind the best."""
        ranked = self.ranked(query)
        return [(key, score) for key, score in ranked if score >= max(THRESHOLD, BEHIND * ranked[0][1])]


class _Stemmer:
    """Words and their stems, by the full-text engine of SQLite."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute("create virtual table d using fts5(text, tokenize='porter unicode61')")
        self._db.execute("create virtual table v using fts5vocab(d, 'instance')")

    def __call__(self, texts: Sequence[str]) -> list[dict[str, str]]:
        """For each text of words between single spaces: word to stem."""
        with self._lock:
            self._db.executemany("insert into d(rowid, text) values (?, ?)", enumerate(texts))
            rows = self._db.execute("select doc, offset, term from v").fetchall()
            self._db.execute("delete from d")
        split = [t.split() for t in texts]
        found: list[dict[str, str]] = [{} for _ in texts]
        for doc, offset, term in rows:
            found[doc][split[doc][offset]] = term
        return found
