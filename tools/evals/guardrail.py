"""Forgetting: the same general probes before and after tuning, so that a gain on the task with a loss there is said."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from knowledge.load import Record, read
from tools.endpoint import Endpoint
from tools.errors import InputError
from tools.evals.compare import CompareRequest, Comparison, compare, harmed_in
from tools.evals.graders.text import Pattern
from tools.evals.run import RunRequest, RunResult, run
from tools.evals.verdict import Verdict
from tools.progress import Progress, silent
from tools.workspace import folder

_PROBES = Path(__file__).parent / "guardrail.yaml"
GENERAL = "general"
"""How a metric names the probes that come with the product."""
Prices = tuple[Decimal | None, Decimal | None]
"""US dollars per million tokens in and out."""


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
    base_prices: Prices = (None, None)
    tuned_prices: Prices = (None, None)

    @property
    def set_name(self) -> str:
        """What the probes are called."""
        return self.probes.stem if self.probes else GENERAL

    def runs(self) -> tuple[RunRequest, RunRequest]:
        """The two evals: the base model's, and the tuned one's."""
        name = self.name or f"guardrail-{self.tuned.model}"
        dataset = self.probes or probe_file()
        sides = (("base", self.base, self.base_prices), ("tuned", self.tuned, self.tuned_prices))
        base, tuned = (
            RunRequest(
                dataset=dataset,
                endpoint=endpoint,
                grader=Pattern(),
                name=f"{name}/{side}",
                max_tokens=self.max_tokens,
                parallel=self.parallel,
                usd_per_million_prompt_tokens=prices[0],
                usd_per_million_completion_tokens=prices[1],
            )
            for side, endpoint, prices in sides
        )
        return base, tuned


class Guarded(BaseModel):
    """One guardrail set, before and after tuning, in short. None is unknown, never 0."""

    probes: str
    """What the set is called."""
    base: str = ""
    """Name of the eval; empty: not measured."""
    tuned: str = ""
    n: int = 0
    difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    verdict: Verdict = "insufficient_evidence"
    lost: int | None = None
    """Probes that passed before and fail now."""
    won: int | None = None
    detectable: float | None = None
    """The smallest loss that so many probes would show; None: none."""
    forgot: list[str] = Field(default_factory=list)
    """Abilities that got worse, as far as shown; a loss overall is named "overall"."""
    cost_usd: Decimal | None = None
    asked: int = Field(default=0, exclude=True)


class Guardrail(BaseModel):
    """What tuning did to everything else."""

    probes: str
    """What the set is called."""
    base: RunResult
    tuned: RunResult
    comparison: Comparison
    forgot: list[str]
    """Abilities that got worse, as far as so few probes can show; a loss overall is named "overall"."""

    @property
    def short(self) -> Guarded:
        """The same without rows and runs."""
        c, costs = self.comparison, (self.base.cost_usd, self.tuned.cost_usd)
        return Guarded(
            probes=self.probes,
            base=self.base.name,
            tuned=self.tuned.name,
            lost=c.regressions_total,
            won=c.improvements_total,
            detectable=c.sensitivity.detectable_difference if c.sensitivity else None,
            forgot=self.forgot,
            cost_usd=None if None in costs else sum((u for u in costs if u is not None), Decimal(0)),
            asked=self.base.asked + self.tuned.asked,
            **c.model_dump(include={"n", "difference", "ci_low", "ci_high", "verdict"}),
        )


def guardrail(request: GuardrailRequest, progress: Progress = silent) -> Guardrail:
    """Measure both models on the probes and compare them, by ability.

    Raises:
        InputError, UnavailableError, CancelledError: as tools.evals.run.
    """
    done = [run(asked, _step(progress, i, side)) for i, (side, asked) in enumerate(_named(request))]
    comparison = compare(CompareRequest(baseline=done[0].name, candidate=done[1].name))
    forgot = harmed_in(comparison)
    return Guardrail(probes=request.set_name, base=done[0], tuned=done[1], comparison=comparison, forgot=forgot)


def _named(request: GuardrailRequest) -> list[tuple[str, RunRequest]]:
    return list(zip(("base", "tuned"), request.runs(), strict=True))


def guardrails_beside(
    sets: tuple[str, ...], base: Endpoint, tuned: Endpoint, name: str, **more: object
) -> list[GuardrailRequest]:
    """What measures the guardrails that a metric names, beside the eval or ladder of that name.

    Args:
        sets: `general`, or files of probes.
        base: the model before.
        tuned: the model after.
        name: of what they stand beside; an eval never changes, so other probes have another name.
        more: further fields of the requests.

    Raises:
        InputError: a file of probes is not there.
    """
    found = []
    for which in dict.fromkeys(sets):
        probes = None if which == GENERAL else Path(which)
        if probes and not probes.is_file():
            raise InputError(
                "there is no such file of guardrail probes", where=which, remedy="Name a file, or `general`."
            )
        digest = hashlib.sha256((probes or probe_file()).read_bytes()).hexdigest()[:6]
        stem = probes.stem if probes else GENERAL
        fields = {"base": base, "tuned": tuned, "probes": probes, "name": f"{name}/{digest}/guardrail-{stem}", **more}
        found.append(GuardrailRequest.model_validate(fields))
    return found


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
