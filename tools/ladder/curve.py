"""The learning curve: one rung on 25, 50 and 100 % of the training examples, and what the next doubling may bring."""

import random
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from knowledge.thresholds import threshold
from tools.endpoint import Endpoint
from tools.errors import InputError
from tools.evals.heldout import HeldOut, read_held_out
from tools.ladder.arms import Bench
from tools.ladder.climb import measured
from tools.ladder.gap import paired_scores
from tools.ladder.plan import refuse_over_budget
from tools.ladder.records import Arm, LadderRequest
from tools.ladder.say import Line, line
from tools.progress import Progress, silent
from tools.workspace import folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRACTIONS = (0.25, 0.5, 1.0)
_LABEL_SOURCE = "an assumption: cost.label_minutes times cost.labour_usd_per_hour"
_LEAST = 4
"""Training examples below which a quarter is no sample of anything."""


CurveArm = Literal["nearest_neighbour", "linear", "few_shot", "retrieval", "tuned"]
"""Rungs that live on training rows."""


class CurveRequest(BaseModel):
    """Which rung to follow; the ladder's request says the files, the model, the grader and the budget."""

    model_config = ConfigDict(frozen=True)

    ladder: LadderRequest
    arm: CurveArm = "retrieval"
    tuned_at: dict[float, Endpoint] = Field(default_factory=dict)
    """For the tuned rung: the model tuned on each share (0.25, 0.5, 1.0). A curve never starts a training job."""
    usd_per_label: Decimal | None = Field(default=None, ge=0)
    """What one more labelled example costs; None: minutes and wages of knowledge/thresholds/cost.yaml, as a range."""


class Point(BaseModel):
    """The rung measured on a share of the training examples."""

    share: float
    train_examples: int
    eval: str
    score: float | None
    ci_low: float | None
    ci_high: float | None


class Forecast(BaseModel):
    """What doubling the training examples may bring. None is unknown."""

    train_examples: int
    """After the doubling."""
    gain: float | None
    ci_low: float | None
    ci_high: float | None
    usd: Decimal | None
    """Price of labelling the examples to add."""
    usd_low: Decimal | None = None
    usd_high: Decimal | None = None
    """The same as a range, where the price of a label is an assumption; equal to `usd` where it was given."""
    usd_source: str = "given"
    method: str
    because: Line = Field(exclude=True)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def reason(self) -> str:
        """What the interval means, in English."""
        return self.because.text()


class Curve(BaseModel):
    """A learning curve with its forecast."""

    arm: str
    points: list[Point]
    n: int
    """Held-out samples each point rests on."""
    forecast: Forecast


def learning_curve(request: CurveRequest, progress: Progress = silent) -> Curve:
    """Measure the rung on growing shares of the training examples; the smaller are part of the larger.

    Raises:
        InputError: too few examples, or a tuned model for a share is missing; and as climb.
        RefusedError, UnavailableError, CancelledError: as climb.
    """
    benches = points_of(request)
    refuse_over_budget(benches)
    arms: list[Arm] = []
    for i, bench in enumerate(benches):
        progress(i, len(benches), f"{FRACTIONS[i]:.0%} of the training examples")
        arms.append(measured(bench, request.arm, silent if progress is silent else _step(progress, i, len(benches))))
    unmeasured = next((a for a in arms if a.eval is None), None)
    if unmeasured is not None:
        raise InputError(f"{request.arm} cannot be followed ({unmeasured.note})", remedy="Choose another rung.")
    points = [
        Point(
            share=share,
            train_examples=len(bench.train.samples),
            eval=str(arm.eval),
            score=arm.score,
            ci_low=arm.ci_low,
            ci_high=arm.ci_high,
        )
        for share, bench, arm in zip(FRACTIONS, benches, arms, strict=True)
    ]
    return Curve(arm=request.arm, points=points, n=arms[-1].n, forecast=_forecast(points, request.usd_per_label))


def points_of(request: CurveRequest) -> list[Bench]:
    """The curve's points as benches, the smallest share first.

    Raises:
        InputError: too few examples, or a tuned model for a share is missing.
    """
    return [_bench(request, share) for share in FRACTIONS]


def _bench(request: CurveRequest, share: float) -> Bench:
    whole = read_held_out(request.ladder.train)
    if len(whole.samples) < _LEAST / FRACTIONS[0]:
        what = f"{len(whole.samples)} training examples are too few for a curve"
        raise InputError(what, where=whole.file, remedy="16 are the least.")
    changes: dict[str, Any] = {
        "train": _subset(request.ladder.train, whole, share, request.ladder.seed),
        "arms": (request.arm,),
        "guardrails": (),
        "name": f"{request.ladder.name or request.ladder.held_out.stem}/curve-{request.arm}-{round(100 * share)}",
        "numbered": request.ladder.name is None,
    }
    if request.arm == "tuned":
        if share not in request.tuned_at:
            raise InputError(
                f"the model tuned on {share:.0%} of the training examples is not given",
                where=str(changes["train"]),
                remedy=f"Train on this file (`jobs plan`), then name the model: --tuned-at {round(100 * share)}=NAME.",
            )
        changes["tuned"] = request.tuned_at[share]
    return Bench(request.ladder.model_copy(update=changes))


def _subset(train: Path, whole: HeldOut, share: float, seed: int) -> Path:
    """A file with a seeded share of the lines, in their order; the same file, share and seed give the same file."""
    if share >= 1:
        return train
    lines = [line for line in train.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    order = list(range(len(lines)))
    random.Random(seed).shuffle(order)  # noqa: S311 -- a repeatable choice, not a secret
    kept = sorted(order[: max(_LEAST, round(share * len(lines)))])
    path = folder("ladders", "curves") / f"{whole.digest[:16]}-{seed}-{round(100 * share)}.jsonl"
    path.write_text("".join(lines[i] + "\n" for i in kept), encoding="utf-8")
    return path


def _forecast(points: list[Point], usd_per_label: Decimal | None) -> Forecast:
    """The last doubling's gain, shrunk as it shrank from the doubling before; the interval by resampling samples."""
    import numpy as np

    more = points[-1].train_examples
    low_usd, usd, high_usd = (None if u is None else u * more for u in _label_prices(usd_per_label))
    method = "last doubling's gain times its ratio to the one before (0 to 1); 95 % percentile bootstrap"
    scores = paired_scores([p.eval for p in points])
    n = scores.n
    blank = Forecast(
        train_examples=2 * more,
        gain=None,
        ci_low=None,
        ci_high=None,
        usd=usd,
        usd_low=low_usd,
        usd_high=high_usd,
        usd_source="given" if usd_per_label is not None else _LABEL_SOURCE,
        method=method,
        because=line("gain_unknown", n=n),
    )
    if len(scores.sizes) < 2:
        return blank
    low, high = (float(v) for v in np.quantile(_next_gain(scores.drawn()), (0.025, 0.975)))
    gain = float(_next_gain(scores.means()[:, np.newaxis])[0])
    what = "more_gains" if low > 0 else "too_few_to_tell" if high - low > 0.2 else "no_gain"
    because = line(what, gain=gain, low=low, high=high, n=n)
    return blank.model_copy(update={"gain": gain, "ci_low": low, "ci_high": high, "because": because})


def _label_prices(given: Decimal | None) -> tuple[Decimal, Decimal, Decimal]:
    """US dollars a label: low, expected, high."""
    if given is not None:
        return given, given, given
    ends = ("_low", "", "_high")
    low, middle, high = (
        Decimal(str(threshold(f"cost.label_minutes{end}"))) * Decimal(str(threshold(f"cost.labour_usd_per_hour{end}")))
        for end in ends
    )
    return low / 60, middle / 60, high / 60


def _next_gain(scores: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """From mean scores at a quarter, a half and all, shape (3, k), the gain of the next doubling, shape (k,)."""
    import numpy as np

    before, last = scores[1] - scores[0], scores[2] - scores[1]
    ratio = np.clip(np.divide(last, before, out=np.ones_like(last), where=before > 0), 0, 1)
    gains: NDArray[np.float64] = last * ratio
    return gains


def _step(progress: Progress, i: int, of: int) -> Progress:
    def report(done: float, total: float | None = None, text: str = "") -> None:
        progress(i + (done / total if total else 0), of, f"{FRACTIONS[i]:.0%}: {text}")

    return report
