"""RAFT end to end: documents divided, questions found or asked for, rows made, written with a record of how."""

import hashlib
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from tools.distillation import terms
from tools.distillation.asking import Budget
from tools.errors import InputError
from tools.progress import Progress, silent
from tools.raft import documents, questions
from tools.raft.answers import Question
from tools.raft.documents import Passage
from tools.raft.records import RaftPlan, RaftRequest, RaftResult
from tools.raft.rows import Made, Maker


def plan(request: RaftRequest) -> RaftPlan:
    """What the teacher would be asked and cost at most. Sends nothing.

    Raises:
        InputError: the documents cannot be used, or no teacher is named.
    """
    teacher = request.teacher
    if teacher is None:
        raise InputError("no teacher is named", remedy="Questions from a file cost nothing: make the rows at once.")
    passages = [p for d in documents.read(request.documents) for p in documents.passages(d, request.passage_words)]
    requests, tokens, usd = questions.worst_case(teacher, passages)
    return RaftPlan(
        passages=len(passages),
        requests=requests,
        most_tokens=tokens,
        worst_case_usd=usd,
        terms=terms.shown(teacher.endpoint),
        terms_accepted=terms.accepted(teacher.endpoint, teacher.person) is not None,
    )


def make(request: RaftRequest, progress: Progress = silent) -> RaftResult:
    """Make train.jsonl and held_out.jsonl. The same request, files and teacher's answers give the same rows.

    Held-out documents are in no training row, as right passage or as distractor, and the other way round.

    Raises:
        InputError: the documents or questions cannot be used, or too few documents are left on a side.
        RefusedError, UnavailableError, CancelledError: from the teacher; what it answered is kept.
    """
    if (request.questions is None) == (request.teacher is None):
        raise InputError("questions come from a file or from a teacher", remedy="Give one of the two.")
    read = documents.read(request.documents)
    by_document = {d.id: documents.passages(d, request.passage_words) for d in read}
    held = _held_out([d.id for d in read], request)
    sides = {
        "train": [p for name in sorted(by_document) if name not in held for p in by_document[name]],
        "held_out": [p for name in sorted(by_document) if name in held for p in by_document[name]],
    }
    _refuse_shared(sides["train"], sides["held_out"])
    dropped: Counter[str] = Counter()
    budget = Budget(None, None)
    agreed = None
    if request.teacher is not None:
        agreed = terms.require(request.teacher.endpoint, request.teacher.person)
        budget = Budget(request.teacher.budget_usd, request.teacher.budget_tokens)
        everything = [p for name in sorted(by_document) for p in by_document[name]]
        found = questions.from_teacher(request.teacher, everything, dropped, budget, progress)
    else:
        found = questions.from_file(Path(str(request.questions)), by_document, dropped)
    found = _once(found, dropped)
    train = _rows(request, sides["train"], [q for q in found if q.golden.document not in held])
    test = _rows(request, sides["held_out"], [q for q in found if q.golden.document in held], test=True)
    if not train:
        counts = ", ".join(f"{n} {why}" for why, n in dropped.items()) or "none is about a training document"
        raise InputError(f"no question makes a training row ({counts})", remedy="Look at the questions.")
    _write(request, train, test, [q for q in found if q.golden.document in held], sorted(held), dropped)
    made = [m for m in (*train, *test)]
    return RaftResult(
        train=request.out / "train.jsonl",
        held_out=request.out / "held_out.jsonl" if test else None,
        documents=len(read),
        held_out_documents=tuple(sorted(held)),
        passages=sum(map(len, sides.values())),
        train_rows=len(train),
        rows_with_golden=sum(m.has_golden for m in train),
        held_out_rows=len(test),
        dropped=dict(dropped),
        short_of_distractors=sum(m.distractors < request.distractors for m in made),
        longest_words=max(sum(len(t["content"].split()) for t in m.messages) for m in made),
        terms=agreed,
        cost_usd=budget.cost_usd,
        cost_at_most_usd=budget.spent_usd,
        lost=budget.lost,
    )


def _held_out(names: list[str], request: RaftRequest) -> set[str]:
    """Drawn by the seed from the sorted names, so that the order of files does not matter."""
    count = round(len(names) * request.held_out_share)
    if request.held_out_share and (count < 1 or len(names) - count < 1):
        raise InputError(
            f"{len(names)} document(s) cannot be divided",
            remedy="Give more documents, or --held-out 0 and measure with others.",
        )
    return set(random.Random(f"documents {request.seed}").sample(sorted(names), count))  # noqa: S311 -- repeatable


def _refuse_shared(train: list[Passage], held: list[Passage]) -> None:
    """A text that stands on both sides would be measured with what was trained on."""
    known = {" ".join(p.text.casefold().split()): p for p in train}
    for passage in held:
        if twin := known.get(" ".join(passage.text.casefold().split())):
            raise InputError(
                f"the same passage stands in {twin.document!r} and in {passage.document!r}, which is held out",
                remedy="Remove one of the two documents, or join them.",
            )


def _once(found: list[Question], dropped: Counter[str]) -> list[Question]:
    seen: dict[tuple[str, str], Question] = {}
    for question in found:
        key = (" ".join(question.question.casefold().split()), question.golden.document)
        if key in seen:
            dropped["asked_twice"] += 1
        else:
            seen[key] = question
    return list(seen.values())


def _rows(request: RaftRequest, passages: list[Passage], found: list[Question], test: bool = False) -> list[Made]:
    """P is kept exactly (to a row), not only on average: which rows go without is drawn by the seed."""
    dice = random.Random(f"{'held out' if test else 'train'} {request.seed}")  # noqa: S311 -- repeatable, not a secret
    share = 1.0 if test else request.golden_share
    without = set(dice.sample(range(len(found)), len(found) - round(len(found) * share)))
    maker = Maker(passages, request.distractors, request.hard)
    decline = request.without_golden == "decline"
    made = [maker.row(q, dice, i not in without, decline) for i, q in enumerate(found)]
    if not test:
        dice.shuffle(made)
    return made


def _write(
    request: RaftRequest,
    train: list[Made],
    test: list[Made],
    asked: list[Question],
    held: list[str],
    dropped: Counter[str],
) -> None:
    import jsonlines

    record: dict[str, Any] = {
        "made_by": "raft, after arXiv 2403.10131",
        **request.model_dump(mode="json", exclude={"out", "teacher"}),
        "teacher": terms.teacher_name(request.teacher.endpoint) if request.teacher else None,
        "held_out_documents": held,
        "dropped": dict(dropped),
        "rows": [{"golden_at": m.golden_at, "distractors": m.distractors} for m in train],
    }
    try:
        request.out.mkdir(parents=True, exist_ok=True)
        with jsonlines.open(request.out / "train.jsonl", "w", compact=True) as out:
            out.write_all({"messages": m.messages} for m in train)
        if test:
            rows = zip(test, asked, strict=True)
            with jsonlines.open(request.out / "held_out.jsonl", "w", compact=True) as out:
                out.write_all(
                    {
                        "messages": m.messages,
                        "document": q.golden.document,
                        "evidence": q.golden.text,
                        "answer": q.answer,
                    }
                    for m, q in rows
                )
        record["train_sha256"] = hashlib.sha256((request.out / "train.jsonl").read_bytes()).hexdigest()
        (request.out / "raft.json").write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as e:
        raise InputError(
            f"it cannot be written ({e.strerror})", where=str(request.out), remedy="Name another folder."
        ) from None
