"""How well does search find the page that answers a question? python -m bench.search.run [candidate ...]

Prints, for each candidate: recall at 1 and 3 over English questions, how many of the questions that are off the subject
got an answer, the same for questions in other languages, and milliseconds. The threshold of a candidate is chosen on
the tuning half; the table shows the other half.
"""

import argparse
import statistics
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml

from bench.search.candidates import CANDIDATES, Search
from knowledge.glossary import glossary
from knowledge.search import documents
from knowledge.techniques import techniques

FALSE_ANSWER_COSTS = 2
"""An answer to a question off the subject is as bad as so many questions left without their answer."""


class Question(NamedTuple):
    text: str
    pages: tuple[str, ...]
    lang: str


class Score(NamedTuple):
    asked: int
    at_1: int
    at_3: int
    off_topic: int
    false_answers: int


def read(name: str) -> list[Question]:
    rows = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return [Question(r["q"], tuple(r["pages"]), r.get("lang", "en")) for r in rows]


def questions() -> tuple[list[Question], list[Question]]:
    """The tuning half and the half that is reported."""
    every = read("questions.yaml")
    return every[0::2], every[1::2]


def page_of(key: tuple[str, str]) -> str | None:
    kind, name = key
    return name if kind == "page" else techniques()[name].page if kind == "technique" else glossary()[name].page


def pages_found(search: Search, query: str) -> list[tuple[str | None, float]]:
    """Pages by rank, each once."""
    best: dict[str | None, float] = {}
    for key, score in search(query):
        best.setdefault(page_of(key), score)
    return list(best.items())


def score(found: dict[str, list[tuple[str | None, float]]], asked: list[Question], threshold: float) -> Score:
    at_1 = at_3 = false = 0
    for q in asked:
        good = [page for page, s in found[q.text] if s >= threshold]
        at_1 += bool(good[:1]) and good[0] in q.pages
        at_3 += any(page in q.pages for page in good[:3])
        false += bool(good) and not q.pages
    off = sum(not q.pages for q in asked)
    return Score(len(asked) - off, at_1, at_3, off, false)


def best_threshold(found: dict[str, list[tuple[str | None, float]]], asked: list[Question]) -> float:
    tops = sorted({0.0, *(ranked[0][1] for ranked in found.values() if ranked)})
    cuts = [0.0, *((a + b) / 2 for a, b in pairwise(tops))]

    def worth(cut: float) -> float:
        s = score(found, asked, cut)
        return s.at_1 - FALSE_ANSWER_COSTS * s.false_answers

    return max(cuts, key=worth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CANDIDATES))
    parser.add_argument("--tune", action="store_true", help="show the tuning half, and its misses")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    tune, report = questions()
    asked = read("asked.yaml")
    print("candidate                      recall@1       recall@3   false  threads  other languages      ms    cut")
    for name in options.names:
        search = CANDIDATES[name](documents())
        found, times = {}, []
        for q in (*tune, *report, *asked):
            start = time.perf_counter()
            found[q.text] = pages_found(search, q.text)
            times.append(1000 * (time.perf_counter() - start))
        cut = best_threshold(found, [q for q in tune if q.lang == "en"])
        half = tune if options.tune else report
        english = [q for q in half if q.lang == "en"]
        s = score(found, english, cut)
        a = score(found, asked, cut)
        o = score(found, [q for q in (*tune, *report) if q.lang != "en"], cut)
        quality = f"{s.at_1 / s.asked:6.3f} {s.at_1:3}/{s.asked:3} {s.at_3 / s.asked:6.3f} {s.at_3:3}/{s.asked:3}"
        others = f"{s.false_answers:3}/{s.off_topic:3} {a.at_1:5}/{a.asked:2} {o.at_1:12}/{o.asked:3}"
        print(f"{name:24} {quality} {others} {statistics.median(times):7.2f} {cut:6.2f}")
        if options.misses:
            for q in english:
                top = [(p, round(v, 2)) for p, v in found[q.text][:3]]
                if (not q.pages and top and top[0][1] >= cut) or (
                    q.pages and (not top or top[0][0] not in q.pages or top[0][1] < cut)
                ):
                    print("   ", q.text, "->", top, "wanted", q.pages)


if __name__ == "__main__":
    main()
