"""Base against tuned, the end of the road: both models on the same held-out samples, compared in pairs."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tools.endpoint import Endpoint
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.graders import Grader
from tools.evals.prompts import AsIs, FewShot, Prompt
from tools.evals.run import RunRequest, RunResult, run
from tools.progress import Progress, silent


class VersusRequest(BaseModel):
    """Two models and the samples to measure them on."""

    model_config = ConfigDict(frozen=True)

    held_out: Path
    base: Endpoint
    tuned: Endpoint
    grader: Grader
    train: Path | None = None
    """For a few-shot baseline; None: the base model is measured with the plain prompt only."""
    k: int = Field(default=5, ge=1, le=100)
    name: str | None = None
    """Evals are stored as NAME/base, NAME/few_shot, NAME/tuned; None: the names of held-out file and tuned model."""
    limit: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    parallel: int | None = Field(default=None, ge=1, le=64)


class Versus(BaseModel):
    """What was measured, and the comparison with the better baseline."""

    base: RunResult
    few_shot: RunResult | None
    tuned: RunResult
    baseline: str
    """Name of the eval compared with: the base model with the better of the prompts measured."""
    comparison: Comparison


def base_against_tuned(request: VersusRequest, progress: Progress = silent) -> Versus:
    """Measure base (plain, and few-shot where `train` is given) and tuned, and compare tuned with the better baseline.

    Taking the better of two baselines on the same samples favours the baseline, so a gain shown is never the weaker
    for it. Stop it at any time; the same request goes on where it was.

    Raises:
        InputError, UnavailableError, CancelledError: as tools.evals.run.
    """
    name = request.name or f"{request.held_out.stem}-{request.tuned.model}"
    steps: list[tuple[str, Endpoint, Prompt]] = [("base", request.base, AsIs())]
    if request.train is not None:
        steps.append(("few_shot", request.base, FewShot(train=request.train, k=request.k)))
    steps.append(("tuned", request.tuned, AsIs()))
    done: dict[str, RunResult] = {}
    for i, (what, endpoint, prompt) in enumerate(steps):
        asked = RunRequest(
            dataset=request.held_out,
            endpoint=endpoint,
            grader=request.grader,
            prompt=prompt,
            name=f"{name}/{what}",
            limit=request.limit,
            max_tokens=request.max_tokens,
            parallel=request.parallel,
        )
        done[what] = run(asked, _step(progress, i, len(steps), what))
    baselines = [done[w] for w in ("base", "few_shot") if w in done]
    baseline = max(baselines, key=lambda e: -1.0 if e.score is None else e.score)
    return Versus(
        base=done["base"],
        few_shot=done.get("few_shot"),
        tuned=done["tuned"],
        baseline=baseline.name,
        comparison=compare(CompareRequest(baseline=baseline.name, candidate=done["tuned"].name)),
    )


def _step(progress: Progress, i: int, of: int, what: str) -> Progress:
    def report(done: float, total: float | None = None, text: str = "") -> None:
        progress(i + (done / total if total else 0), of, f"{what}: {text}")

    return report
