"""Answers that quote their evidence, in the paper's form, and the check that a quote is there word for word."""

import re
from typing import NamedTuple

from tools.raft.documents import Passage, sentences

BEGIN, END, ANSWER = "##begin_quote##", "##end_quote##", "##Answer:"
DECLINE = f"##Reason: None of the passages answers the question. {ANSWER} The passages do not say."
SYSTEM = (
    "Answer the question from the passages. Quote the evidence word for word between "
    f"{BEGIN} and {END}, then give the answer after {ANSWER}."
)
_QUOTE = re.compile(re.escape(BEGIN) + r"(.*?)" + re.escape(END), re.S)


class Question(NamedTuple):
    """A question, its answer, and where the answer stands."""

    question: str
    answer: str
    """What follows the mark of the answer."""
    golden: Passage
    written: str
    """The whole text to learn, quotes and all."""


def quotes(text: str) -> list[str]:
    """What stands between the marks."""
    return [" ".join(q.split()) for q in _QUOTE.findall(text)]


def final(text: str) -> str | None:
    """What follows the last mark of the answer; None when there is none."""
    return text.rsplit(ANSWER, 1)[1].strip() if ANSWER in text else None


def fault(text: str, golden: Passage) -> str | None:
    """Why an answer cannot be learnt: no quote, a quote that is not there, or no answer. None: it can."""
    if not (found := [q for q in quotes(text) if q]):
        return "no_quote"
    place = squeezed(golden.text)
    if any(squeezed(q) not in place for q in found):
        return "quote_not_there"
    return None if final(text) else "no_answer"


def squeezed(text: str) -> str:
    """For comparing: case, spaces and the marks of emphasis do not count."""
    return " ".join(re.sub(r"[*_`]", "", text).casefold().split())


def worded(text: str) -> str:
    """The words alone, with a space on either side: "4" is then not found in "14"."""
    return " ".join(["", *re.findall(r"[^\W_]+", text.casefold()), ""])


def evidence(answer: str, candidates: list[Passage]) -> tuple[Passage, str] | None:
    """The passage and sentence that say the answer, by words in common; None when none has half of them."""
    from rapidfuzz import fuzz

    best: tuple[float, Passage, str] | None = None
    for passage in candidates:
        for sentence in sentences(passage.text):
            score = fuzz.token_set_ratio(worded(answer), worded(sentence))
            if best is None or score > best[0]:
                best = (score, passage, sentence)
    return (best[1], best[2]) if best and best[0] >= 50 else None


def written(answer: str, golden: Passage, quote: str) -> str:
    """The text to learn where no teacher writes one."""
    return f"##Reason: The passage on {golden.title} says {BEGIN} {quote} {END}. {ANSWER} {answer}"
