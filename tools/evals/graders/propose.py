"""The metric proposed from the data: what the targets look like decides how completions can be scored."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from knowledge.thresholds import threshold
from tools.evals.graders import Grader
from tools.evals.graders.base import plain
from tools.evals.graders.json_match import JsonMatch
from tools.evals.graders.label import Label
from tools.evals.graders.numeric import Numeric, numbers
from tools.evals.graders.text import Similarity
from tools.evals.heldout import HeldOutSample, read_held_out


class Shown(BaseModel):
    """One sample with what the proposed grader would say of two answers, to be accepted or changed."""

    input: str
    target: str
    passes: str
    """An answer that would count."""
    fails: str
    """An answer that would not."""


class GraderProposal(BaseModel):
    """How completions of this data could be scored."""

    kind: str
    """labels, numbers, json or prose."""
    grader: Grader | None
    """None where no rule can judge: prose needs a rubric and a judge named by a person."""
    metric: str
    why: str
    needs: str = ""
    """What a person must still decide, where something is open."""
    labels: list[str] = []
    examples: list[Shown] = []
    n: int


def propose_grader(dataset: Path | Sequence[HeldOutSample]) -> GraderProposal:
    """Propose a grader from the targets.

    Args:
        dataset: a held-out (or training) file, or its samples.

    Raises:
        InputError: the file cannot be read.
    """
    samples = read_held_out(dataset).samples if isinstance(dataset, Path) else tuple(dataset)
    targets = [s.target.strip() for s in samples]
    proposal = _json(targets) or _labels(targets) or _numbers(targets) or _prose(targets)
    shown = [_shown(s, proposal) for s in varied(samples)] if proposal.grader else []
    return proposal.model_copy(update={"examples": shown})


def _json(targets: list[str]) -> GraderProposal | None:
    parsed = [_container(t) for t in targets]
    if not targets or not all(parsed):
        return None
    return GraderProposal(
        kind="json",
        grader=JsonMatch(),
        metric="share of fields that match; all fields: a pass",
        why=f"All {len(targets)} targets are JSON, so each field can be compared for itself.",
        n=len(targets),
    )


def _container(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (dict, list))
    except (ValueError, RecursionError):
        return False


def _labels(targets: list[str]) -> GraderProposal | None:
    labels = {plain(t): t for t in sorted(targets)}
    words = max((len(t.split()) for t in labels), default=0)
    enough = len(targets) >= threshold("evals.label_repeat_min") * len(labels)
    if not targets or len(labels) < 2 or words > threshold("evals.label_words_max") or not enough or "" in labels:
        return None
    if all(_is_number(t) for t in targets) and len(labels) > threshold("evals.label_numbers_max"):
        return None
    return GraderProposal(
        kind="labels",
        grader=Label(labels=tuple(sorted(labels.values()))),
        metric="accuracy, and macro-F1 where labels are uneven",
        why=f"{len(targets)} targets use {len(labels)} short answers again and again: these are labels.",
        labels=sorted(labels.values()),
        n=len(targets),
    )


def _is_number(text: str) -> bool:
    return len(numbers(text)) == 1 and not any(c.isalpha() for c in text)


def _numbers(targets: list[str]) -> GraderProposal | None:
    if not targets:
        return None
    if all(_is_number(t) for t in targets):
        why, pick = f"All {len(targets)} targets are numbers.", "last"
    elif all("####" in t and numbers(t.rpartition("####")[2]) for t in targets):
        why, pick = f"All {len(targets)} targets are worked solutions that end in a number.", "last"
    else:
        return None
    return GraderProposal(
        kind="numbers",
        grader=Numeric(pick=pick),
        metric="accuracy: the last number of the completion is the target's",
        why=why,
        needs="Whether a tolerance is right, and how large.",
        n=len(targets),
    )


def _prose(targets: list[str]) -> GraderProposal:
    return GraderProposal(
        kind="prose",
        grader=None,
        metric="a rubric scored by a named judge, or people choosing between two answers",
        why="The targets are free text: many good answers look different from them, so no rule can tell good from bad.",
        needs=(
            "What a good answer is, in three to five points; and which model judges it. The judge counts only once its "
            "grades were compared with a person's on some samples. Until then similarity to the target can be "
            "measured, which says how alike the words are and not how good the answer is."
        ),
        n=len(targets),
    )


SIMILARITY_UNTIL_JUDGED = Similarity(measure="rouge_l")
"""What can be measured of prose without a judge; never called quality."""


def varied(samples: Sequence[HeldOutSample]) -> list[HeldOutSample]:
    """Five samples, of different targets as far as there are."""
    by_target: dict[str, HeldOutSample] = {}
    for s in samples:
        by_target.setdefault(s.target, s)
    chosen = list(by_target.values())[:5]
    return chosen + [s for s in samples if s not in chosen][: 5 - len(chosen)]


def _shown(sample: HeldOutSample, proposal: GraderProposal) -> Shown:
    target = sample.target.strip()
    passes, fails = target, "I would say: " + target
    if proposal.kind == "labels":
        passes = f"{target.replace('_', ' ').upper()}."
    elif proposal.kind == "numbers":
        value = numbers(target)[-1]
        passes, fails = f"The answer is {value}.", f"The answer is {value + 1}."
    elif proposal.kind == "json":
        fails = "Sure, here it is: " + target
    return Shown(input=sample.asked[:500], target=target[:500], passes=passes[:500], fails=fails[:500])
