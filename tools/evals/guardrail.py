"""Forgetting: the same general probes before and after tuning, so that a gain on the task with a loss there is said."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from knowledge.load import Record, read
from tools.endpoint import Endpoint
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.gate import harmed_in
from tools.evals.graders.text import Pattern
from tools.evals.run import RunRequest, RunResult, run
from tools.progress import Progress, silent
from tools.workspace import folder

_PROBES = Path(__file__).parent / "guardrail.yaml"


class Probe(Record):
    """One question with the pattern that a good answer holds."""

    input: str
    target: str


class GuardrailRequest(BaseModel):
    """Two models, and the probes: ours or a file of the user's own."""

    model_config = ConfigDict(frozen=True)

    base: Endpoint
    tuned: Endpoint
    probes: Path | None = None
    """JSONL of `input`, `target` (an RE2 pattern) and `category`; None: the general probes."""
    name: str | None = None
    """Evals are stored as NAME/base and NAME/tuned; None: guardrail-TUNED."""
    max_tokens: int = Field(default=64, ge=1)
    parallel: int | None = Field(default=None, ge=1, le=64)


class Guardrail(BaseModel):
    """What tuning did to everything else."""

    base: RunResult
    tuned: RunResult
    comparison: Comparison
    forgot: list[str]
    """Abilities that got worse, as far as so few probes can show; a loss overall is named "overall"."""


def guardrail(request: GuardrailRequest, progress: Progress = silent) -> Guardrail:
    """Measure both models on the probes and compare them, by ability.

    Raises:
        InputError, UnavailableError, CancelledError: as tools.evals.run.
    """
    probes = request.probes or probe_file()
    name = request.name or f"guardrail-{request.tuned.model}"
    done = []
    for i, (what, endpoint) in enumerate((("base", request.base), ("tuned", request.tuned))):
        asked = RunRequest(
            dataset=probes,
            endpoint=endpoint,
            grader=Pattern(),
            name=f"{name}/{what}",
            max_tokens=request.max_tokens,
            parallel=request.parallel,
        )
        done.append(run(asked, _step(progress, i, what)))
    comparison = compare(CompareRequest(baseline=done[0].name, candidate=done[1].name))
    forgot = harmed_in(comparison)
    return Guardrail(base=done[0], tuned=done[1], comparison=comparison, forgot=forgot)


def _step(progress: Progress, i: int, what: str) -> Progress:
    def report(done: float, total: float | None = None, text: str = "") -> None:
        progress(i + (done / total if total else 0), 2, f"{what}: {text}")

    return report


def probes() -> dict[str, tuple[Probe, ...]]:
    """The general probes by ability."""
    return read(_PROBES, dict[str, tuple[Probe, ...]])


def probe_file() -> Path:
    """The general probes as a held-out file."""
    lines = [
        json.dumps({"input": p.input, "target": p.target, "category": ability}, ensure_ascii=False)
        for ability, listed in probes().items()
        for p in listed
    ]
    path = folder("evals") / "guardrail.jsonl"
    text = "\n".join(lines) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def together(task: Comparison, general: Guardrail) -> str:
    """One sentence on both: a gain with a loss elsewhere is said as such."""
    gained = {"improved": "better", "regressed": "worse", "no_significant_difference": "no different"}.get(
        task.verdict, "not shown to be different"
    )
    c = general.comparison
    lost = (
        f"of {c.n} general probes {c.regressions_total} fail now that passed, {c.improvements_total} pass that failed"
    )
    if general.forgot:
        return f"On the task the tuned model is {gained}, and it got worse at {', '.join(general.forgot)}: {lost}."
    shown = c.sensitivity.detectable_difference if c.sensitivity else None
    limit = "" if shown is None else f" (so few probes would show a loss of {shown:.2f} or more)"
    return f"On the task the tuned model is {gained}; on general probes no loss is shown: {lost}{limit}."
