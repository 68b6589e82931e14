"""What a measured ladder says, by comparisons and never by which number is larger."""

from collections.abc import Callable
from typing import Any, NamedTuple

from knowledge.thresholds import threshold
from tools.evals.compare import Comparison
from tools.evals.guardrail import Guarded
from tools.ladder.arms import Bench
from tools.ladder.gap import Gap, gap_closed
from tools.ladder.records import WITHOUT_MODEL, Arm, ArmName, LadderResult, LadderVerdict
from tools.ladder.say import Line, line

Against = Callable[[ArmName, ArmName], Comparison | None]
PROMPTS: tuple[ArmName, ...] = ("plain", "better_prompt", "constrained", "few_shot", "retrieval", "chain")


class _Said(NamedTuple):
    verdict: LadderVerdict
    because: Line


def conclude(bench: Bench, arms: list[Arm], against: Against, guarded: list[Guarded]) -> LadderResult:
    """The verdict, the facts it gives, and what to be careful about."""
    by_name = {a.name: a for a in arms if a.score is not None}
    prompt = _best(by_name, PROMPTS)
    simple = _best(by_name, WITHOUT_MODEL)
    tuned = by_name.get("tuned")
    plain = by_name.get("plain")
    gap = None
    if tuned and plain and prompt and tuned.eval and plain.eval and prompt.eval:
        gap = gap_closed(plain.eval, prompt.eval, tuned.eval)
    words = _words_alone(by_name, bench.request.target_score)
    said = _verdict(by_name, (prompt, simple, words), against, gap, bench.request.target_score)
    return LadderResult(
        arms=arms,
        verdict=said.verdict,
        because=with_loss(said.because, guarded) if said.verdict == "tuning_helps" else said.because,
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
        guardrails=guarded,
        facts=_facts(bench, by_name, (prompt, simple, words), against),
        minded=[*_minded(bench, arms, by_name, against, said.because), *map(of_guardrail, guarded)],
    )


def with_loss(gain: Line, guarded: list[Guarded]) -> Line:
    """A gain with a loss elsewhere is said in one breath."""
    abilities = [ability for g in guarded for ability in g.forgot]
    return line("gain_with_loss", gain=gain, abilities=abilities) if abilities else gain


def of_guardrail(g: Guarded) -> Line:
    """What one guardrail set showed, with how much it could have shown."""
    if not g.base:
        return line("guardrail_not_measured", probes=g.probes)
    if g.difference is None or g.ci_low is None or g.ci_high is None:
        return line("guardrail_unknown", probes=g.probes, n=g.n)
    fields = {"probes": g.probes, "n": g.n, "lost": g.lost, "won": g.won}
    fields |= {"difference": g.difference, "low": g.ci_low, "high": g.ci_high}
    if g.forgot:
        return line("guardrail_loss", abilities=g.forgot, **fields)
    if g.detectable is None:
        return line("guardrail_no_loss", **fields)
    return line("guardrail_no_loss_of", detectable=g.detectable, **fields)


def _best(by_name: dict[ArmName, Arm], among: tuple[ArmName, ...]) -> Arm | None:
    """The highest score; among equals the lower rung, which is cheaper."""
    found = [by_name[n] for n in among if n in by_name]
    return max(found, key=lambda a: a.score if a.score is not None else -1.0, default=None)


def _verdict(
    by_name: dict[ArmName, Arm],
    best: tuple[Arm | None, Arm | None, Arm | None],
    against: Against,
    gap: Gap | None,
    target: float | None,
) -> _Said:
    """By the best prompt, the best without a model, and the one on words alone that reaches the target."""
    prompt, simple, words = best
    tuned = by_name.get("tuned")
    top = tuned or prompt
    if words:
        return _Said("no_language_model_needed", line("target_met", rung=words.name, target=target))
    if top is None:
        return _Said("insufficient_evidence", line("nothing_measured"))
    if tuned and prompt:
        c = against(prompt.name, "tuned")
        if c is None or c.verdict == "insufficient_evidence":
            why = c.reason if c else line("not_the_same_rows")
            return _Said("insufficient_evidence", line("not_comparable", rung=prompt.name, why=why))
        if c.verdict == "improved" and gap and _enough(gap, prompt, tuned, target):
            because = line("prompt_closes_gap", rung=prompt.name, share=_share(gap), numbers=_numbers(c))
            return _with_simple(prompt, simple, against, _Said("prompt_is_enough", because))
        if c.verdict == "improved":
            because = line("tuned_better", rung=prompt.name, numbers=_numbers(c))
            return _with_simple(tuned, simple, against, _Said("tuning_helps", because))
        how = "tuned_worse" if c.verdict == "regressed" else "tuned_no_better"
        because = line(how, rung=prompt.name, numbers=_numbers(c))
        return _with_simple(prompt, simple, against, _Said("prompt_is_enough", because))
    if _reaches(top, target):
        said = _Said("prompt_is_enough", line("target_met", rung=top.name, target=target))
    else:
        said = _Said("tuning_not_measured", line("best_measured", rung=top.name))
    return _with_simple(top, simple, against, said)


def _reaches(arm: Arm, target: float | None) -> bool:
    """With its whole interval."""
    return target is not None and arm.ci_low is not None and arm.ci_low >= target


def _words_alone(by_name: dict[ArmName, Arm], target: float | None) -> Arm | None:
    """The model on words alone that reaches the target; one that the commonest answer reaches too shows nothing."""
    best = _best(by_name, ("nearest_neighbour", "linear"))
    common = by_name.get("majority")
    return best if best and _reaches(best, target) and not (common and _reaches(common, target)) else None


def _enough(gap: Gap, prompt: Arm, tuned: Arm, target: float | None) -> bool:
    """Whether a prompt covers so much of the gap that the rest does not pay; a target that only tuning meets does."""
    only_tuned = (
        target is not None and (prompt.score or 0.0) < target and tuned.score is not None and tuned.score >= target
    )
    return not only_tuned and gap.share >= threshold("ladder.gap_closed_enough")


def _share(gap: Gap) -> Line:
    if gap.low is None or gap.high is None:
        return line("share_unknown", share=gap.share)
    return line("share", share=gap.share, low=gap.low, high=gap.high)


def _with_simple(top: Arm, simple: Arm | None, against: Against, said: _Said) -> _Said:
    """The same, unless words alone do as well as the best model: then that comes first.

    "Not shown to be better" is as well only where a gain that would matter is ruled out. Where it is not, nobody can
    say yet that tuning helps.
    """
    if simple is None or not simple.score:
        return said
    c = against(simple.name, top.name)
    if c is None or c.verdict == "improved":
        return said
    how = "simple_better" if c.verdict == "regressed" else "simple_as_well"
    because = line(how, rung=simple.name, other=top.name, numbers=_numbers(c))
    shown = c.verdict == "no_significant_difference" and c.ci_high is not None
    if c.verdict == "regressed" or (shown and (c.ci_high or 0) <= threshold("ladder.gain_that_matters")):
        return _Said("no_language_model_needed", because)
    return _Said("insufficient_evidence", because) if said.verdict == "tuning_helps" else said


def _numbers(c: Comparison) -> Line:
    scores = {"baseline": c.baseline, "candidate": c.candidate, "n": c.n}
    if c.ci_low is None or c.ci_high is None:
        return line("numbers_unknown", **scores)
    return line("numbers", **scores, low=c.ci_low, high=c.ci_high)


def _facts(
    bench: Bench, by_name: dict[ArmName, Arm], best: tuple[Arm | None, Arm | None, Arm | None], against: Against
) -> dict[str, Any]:
    """Only what was measured; the person's own facts stand beside it."""
    prompt, simple, words = best
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
    if simple and bench.request.target_score is not None:
        facts |= {
            "target_score": bench.request.target_score,
            "no_llm_meets_target": words is not None,
        }
    c = against(prompt.name, "tuned") if prompt and "tuned" in by_name else None
    if c is not None:
        facts["already_tuned"] = True
        word = {"improved": "better", "no_significant_difference": "same", "regressed": "worse"}.get(c.verdict)
        facts |= {"tuned_vs_prompt": word} if word else {}
    return facts


def _minded(bench: Bench, arms: list[Arm], by_name: dict[ArmName, Arm], against: Against, because: Line) -> list[Line]:
    said = []
    asked = [a for a in arms if a.eval and a.name not in WITHOUT_MODEL]
    if asked and all(a.empty == a.answered for a in asked):
        said.append(line("only_empty", where=bench.request.endpoint.identity))
    if bench.leaked:
        said.append(line("leaked", n=bench.leaked))
    if bench.leaked_passages:
        said.append(line("leaked_passages", n=bench.leaked_passages))
    if bench.grader.type == "similarity":
        said.append(line("alike"))
    top, simple = by_name.get("tuned") or _best(by_name, PROMPTS), _best(by_name, WITHOUT_MODEL)
    c = against(simple.name, top.name) if top and simple and simple.score else None
    if c is not None and simple and top and c.verdict in ("no_significant_difference", "insufficient_evidence"):
        as_well = line("simple_as_well", rung=simple.name, other=top.name, numbers=_numbers(c))
        said += [as_well] if as_well != because else []
    common = by_name.get("majority")
    if common and _reaches(common, bench.request.target_score):
        said.append(line("common_reaches", rung="majority", target=bench.request.target_score))
    c = against("shuffled_labels", "few_shot")
    if c is not None and c.verdict != "improved" and (by_name["few_shot"].score or 0) > 0:
        said.append(line("shuffled_as_well"))
    return said
