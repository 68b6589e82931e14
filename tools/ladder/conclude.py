"""What a measured ladder says, by comparisons and never by which number is larger."""

from collections.abc import Callable
from typing import Any, NamedTuple

from knowledge.thresholds import threshold
from tools.evals.compare import Comparison
from tools.ladder.arms import Bench
from tools.ladder.gap import Gap, gap_closed
from tools.ladder.records import WITHOUT_MODEL, Arm, ArmName, LadderResult, LadderVerdict

Against = Callable[[ArmName, ArmName], Comparison | None]
PROMPTS: tuple[ArmName, ...] = ("plain", "better_prompt", "constrained", "few_shot", "retrieval", "chain")
WORDS = {
    "plain": "the plain prompt",
    "better_prompt": "the better prompt",
    "constrained": "schema-constrained output",
    "few_shot": "few-shot",
    "retrieval": "retrieval",
    "chain": "the prompt chain",
    "tuned": "the tuned model",
    "nearest_neighbour": "the nearest training example, without a language model",
    "linear": "a linear model on words, without a language model",
    "majority": "the commonest label, always",
    "shuffled_labels": "few-shot with shuffled labels",
}


class _Said(NamedTuple):
    verdict: LadderVerdict
    reason: str


def conclude(bench: Bench, arms: list[Arm], against: Against) -> LadderResult:
    """The verdict, the facts it gives, and what to be careful about."""
    by_name = {a.name: a for a in arms if a.score is not None}
    prompt = _best(by_name, PROMPTS)
    simple = _best(by_name, WITHOUT_MODEL)
    tuned = by_name.get("tuned")
    plain = by_name.get("plain")
    gap = None
    if tuned and plain and prompt and tuned.eval and plain.eval and prompt.eval:
        gap = gap_closed(plain.eval, prompt.eval, tuned.eval)
    said = _verdict(by_name, prompt, simple, against, gap, bench.request.target_score)
    return LadderResult(
        arms=arms,
        verdict=said.verdict,
        reason=said.reason,
        best_without_tuning=prompt.name if prompt else None,
        gap_closed=gap.share if gap else None,
        gap_closed_low=gap.low if gap else None,
        gap_closed_high=gap.high if gap else None,
        grader=bench.grader.type,
        metric=bench.proposal.metric if bench.request.grader is None and bench.proposal.grader else bench.grader.type,
        n=len(bench.samples),
        train_examples=len(bench.usable),
        leaked=bench.leaked,
        leaked_passages=bench.leaked_passages,
        facts=_facts(bench, by_name, prompt, against),
        warnings=_warnings(bench, by_name, against),
    )


def _best(by_name: dict[ArmName, Arm], among: tuple[ArmName, ...]) -> Arm | None:
    """The highest score; among equals the lower rung, which is cheaper."""
    found = [by_name[n] for n in among if n in by_name]
    return max(found, key=lambda a: a.score if a.score is not None else -1.0, default=None)


def _verdict(
    by_name: dict[ArmName, Arm],
    prompt: Arm | None,
    simple: Arm | None,
    against: Against,
    gap: Gap | None,
    target: float | None,
) -> _Said:
    tuned = by_name.get("tuned")
    top = tuned or prompt
    if top is None:
        return _Said("insufficient_evidence", "No rung with a model was measured.")
    if tuned and prompt:
        c = against(prompt.name, "tuned")
        if c is None or c.verdict == "insufficient_evidence":
            why = c.reason if c else "they cannot be compared."
            return _Said("insufficient_evidence", f"{_cap(WORDS[prompt.name])} against the tuned model: {why}")
        if c.verdict == "improved" and gap and _enough(gap, prompt, tuned, target):
            reason = f"{_cap(WORDS[prompt.name])} closes {_share(gap)} of the gap to the tuned model ({_numbers(c)})"
            reason += ": do not tune for the rest."
            return _with_simple(prompt, simple, against, _Said("prompt_is_enough", reason))
        if c.verdict == "improved":
            reason = f"The tuned model is better than {WORDS[prompt.name]}, the best without tuning ({_numbers(c)})."
            return _with_simple(tuned, simple, against, _Said("tuning_helps", reason))
        how = "is worse than" if c.verdict == "regressed" else "is not better than"
        reason = f"The tuned model {how} {WORDS[prompt.name]} ({_numbers(c)})."
        return _with_simple(prompt, simple, against, _Said("prompt_is_enough", reason))
    met = target is not None and top.ci_low is not None and top.ci_low >= target
    if met:
        said = _Said(
            "prompt_is_enough", f"{_cap(WORDS[top.name])} reaches the target of {target} with its whole interval."
        )
    else:
        said = _Said(
            "tuning_not_measured", f"{_cap(WORDS[top.name])} is the best rung measured; no tuned model was given."
        )
    return _with_simple(top, simple, against, said)


def _enough(gap: Gap, prompt: Arm, tuned: Arm, target: float | None) -> bool:
    """Whether a prompt covers so much of the gap that the rest does not pay; a target that only tuning meets does."""
    only_tuned = (
        target is not None and (prompt.score or 0.0) < target and tuned.score is not None and tuned.score >= target
    )
    return not only_tuned and gap.share >= threshold("ladder.gap_closed_enough")


def _share(gap: Gap) -> str:
    interval = "" if gap.low is None or gap.high is None else f" (95 % interval {gap.low:.0%} to {gap.high:.0%})"
    return f"{gap.share:.0%}{interval}"


def _with_simple(top: Arm, simple: Arm | None, against: Against, said: _Said) -> _Said:
    """The same, unless words alone do as well as the best model: then that comes first."""
    if simple is None or not simple.score:
        return said
    c = against(simple.name, top.name)
    if c is None or c.verdict in ("improved", "insufficient_evidence"):
        return said
    how = "does better than" if c.verdict == "regressed" else "does as well as"
    return _Said("no_language_model_needed", f"{_cap(WORDS[simple.name])} {how} {WORDS[top.name]} ({_numbers(c)}).")


def _numbers(c: Comparison) -> str:
    interval = "interval unknown" if c.ci_low is None else f"95 % interval {c.ci_low:+.3f} to {c.ci_high:+.3f}"
    return f"{c.baseline:.3f} -> {c.candidate:.3f}, {interval}, n={c.n}"


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def _facts(bench: Bench, by_name: dict[ArmName, Arm], prompt: Arm | None, against: Against) -> dict[str, Any]:
    """Only what was measured; the person's own facts stand beside it."""
    facts: dict[str, Any] = {"evals_defined": True, "examples": len(bench.usable)}
    if prompt:
        facts["baseline_score"] = prompt.score
        facts["prompt_effort"] = "few_shot" if "few_shot" in by_name else "single_prompt"
    if "constrained" in by_name:
        facts["structured_output_tried"] = True
    if bench.proposal.kind == "labels":
        facts["task_type"] = "classification"
    if bench.request.target_score is not None and prompt and prompt.score is not None:
        facts |= {
            "target_score": bench.request.target_score,
            "meets_target": prompt.score >= bench.request.target_score,
        }
    c = against(prompt.name, "tuned") if prompt and "tuned" in by_name else None
    if c is not None:
        facts["already_tuned"] = True
        word = {"improved": "better", "no_significant_difference": "same", "regressed": "worse"}.get(c.verdict)
        facts |= {"tuned_vs_prompt": word} if word else {}
    return facts


def _warnings(bench: Bench, by_name: dict[ArmName, Arm], against: Against) -> list[str]:
    said = []
    if bench.leaked:
        said.append(
            f"{bench.leaked} training examples ask what a held-out sample asks; the prompts left them out, but a model "
            "tuned on them has seen the answers, so its score is too high."
        )
    if bench.leaked_passages:
        said.append(f"{bench.leaked_passages} passages of the documents hold a held-out question and were left out.")
    if bench.grader.type == "similarity":
        said.append("Scores say how alike the words are, not how good the answer is: prose needs a rubric and a judge.")
    c = against("shuffled_labels", "few_shot")
    if c is not None and c.verdict != "improved" and (by_name["few_shot"].score or 0) > 0:
        said.append(
            "Few-shot with shuffled labels does as well: the examples teach the form of the answer, not its content."
        )
    return said
