"""Texts by the words they share: nearest training examples, and the two controls that need no language model.

TF-IDF as in Manning, Raghavan, Schuetze (2008, chapter 6): sublinear term frequency, smoothed idf, unit length; words
and pairs of words. Few thousand training texts are meant: the linear model solves a dense system of that size.
"""

import re
from collections import Counter
from itertools import pairwise
from typing import Any

_WORD = re.compile(r"\w+", re.UNICODE)


def terms(text: str) -> list[str]:
    """Words and pairs of neighbouring words, case folded."""
    words = _WORD.findall(text.casefold())
    return words + [f"{a} {b}" for a, b in pairwise(words)]


class Texts:
    """Training texts, ready to be compared with."""

    def __init__(self, texts: list[str]) -> None:
        import numpy as np

        counted = [Counter(terms(t)) for t in texts]
        seen: Counter[str] = Counter()
        for counts in counted:
            seen.update(counts.keys())
        self._index = {term: i for i, term in enumerate(sorted(seen))}
        self._idf = np.array([np.log((1 + len(texts)) / (1 + seen[t])) + 1 for t in self._index])
        self._matrix = self._weighted(counted)

    def _weighted(self, counted: list[Counter[str]]) -> Any:
        """Rows of unit length, shape (texts, terms), sparse."""
        import numpy as np
        from scipy.sparse import csr_matrix

        data: list[float] = []
        columns: list[int] = []
        ends = [0]
        for counts in counted:
            known = [(self._index[t], 1 + np.log(c)) for t, c in counts.items() if t in self._index]
            weights = np.array([w * self._idf[i] for i, w in known])
            length = float(np.sqrt(np.sum(weights**2))) or 1.0
            data.extend((weights / length).tolist())
            columns.extend(i for i, _ in known)
            ends.append(len(columns))
        return csr_matrix((data, columns, ends), shape=(len(counted), len(self._index)))

    def likeness(self, queries: list[str]) -> Any:
        """Cosine of each query with each training text, shape (queries, texts)."""
        return (self._weighted([Counter(terms(q)) for q in queries]) @ self._matrix.T).toarray()

    def nearest(self, queries: list[str], k: int) -> list[list[int]]:
        """For each query the k most alike training texts, the most alike first; ties by their order."""
        import numpy as np

        return [list(map(int, np.argsort(-row, kind="stable")[:k])) for row in self.likeness(queries)]

    def ridge(self, labels: list[str], *, penalty: float = 1.0) -> "Ridge":
        """A linear classifier over the training texts (one-against-rest ridge regression, in its dual form)."""
        return Ridge(self, labels, penalty)


class Ridge:
    """One-against-rest ridge regression on TF-IDF (Hoerl and Kennard 1970): a label is the largest of the scores."""

    def __init__(self, texts: Texts, labels: list[str], penalty: float) -> None:
        import numpy as np

        self._texts, self._labels = texts, sorted(set(labels))
        wanted = np.array([[1.0 if own == label else -1.0 for label in self._labels] for own in labels])
        gram = (texts._matrix @ texts._matrix.T).toarray()
        self._middle = wanted.mean(axis=0)
        self._weights = np.linalg.solve(gram + penalty * np.eye(len(labels)), wanted - self._middle)

    def labels(self, queries: list[str]) -> list[str]:
        """The label of each query."""
        scores = self._texts.likeness(queries) @ self._weights + self._middle
        return [self._labels[i] for i in scores.argmax(axis=1)]
