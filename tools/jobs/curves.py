"""Reading a loss curve: what it shows, with the numbers it was seen in. Loss is never called success.

The thresholds stand in knowledge/thresholds/jobs.yaml. A reading that needs more points than there are is not made;
what could not be looked at is said.
"""

import csv
import io
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from knowledge.thresholds import threshold
from tools.errors import InputError
from tools.jobs.models import Metric
from tools.named import reason

Kind = Literal["diverged", "over_fitting", "no_learning", "spikes", "too_few_steps", "still_learning", "steady"]
NAMES = {
    "step": "step",
    "train_loss": "train_loss",
    "training_loss": "train_loss",
    "loss": "train_loss",
    "valid_loss": "valid_loss",
    "validation_loss": "valid_loss",
    "eval_loss": "valid_loss",
    "full_valid_loss": "full_valid_loss",
    "full_validation_loss": "full_valid_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "train_mean_token_accuracy": "train_mean_token_accuracy",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
    "validation_mean_token_accuracy": "valid_mean_token_accuracy",
    "valid_accuracy": "valid_mean_token_accuracy",
    "full_valid_mean_token_accuracy": "full_valid_mean_token_accuracy",
    "train_reward_mean": "train_reward_mean",
    "valid_reward_mean": "valid_reward_mean",
}
"""Headers seen in results files, and our name for each. OpenAI's checkpoint API and Azure's files differ."""
NOT_SUCCESS = "Loss says how well the training text is predicted, not whether answers are right: score the task itself."


class Reading(BaseModel):
    """One thing a curve shows."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    message: str
    evidence: tuple[str, ...]
    """The numbers it was seen in, with their steps."""
    advice: str
    steps: tuple[int, ...] = ()
    """Where, for the chart."""


class CurveReport(BaseModel):
    """All that was read off one curve."""

    model_config = ConfigDict(frozen=True)

    points: int
    first_step: int | None
    last_step: int | None
    best_step: int | None
    """Where validation loss was lowest: the checkpoint to score first. None without validation loss."""
    readings: tuple[Reading, ...]
    not_looked_at: tuple[str, ...]
    caution: str = NOT_SUCCESS


def read_file(path: Path) -> tuple[Metric, ...]:
    """A results CSV. InputError names the file and the line."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as e:
        raise InputError(f"cannot be read ({reason(e)})", where=str(path), remedy="Check the path.") from None


def parse(content: bytes, where: str = "results") -> tuple[Metric, ...]:
    """The points of a results CSV, by its header.

    Raises:
        InputError: no `step` column, no measured column, or a step that is not a number.
    """
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        header = [h.strip().lower() for h in next(rows, [])]
    except (UnicodeDecodeError, csv.Error):
        raise InputError("this is not a CSV file of metrics", where=where) from None
    columns = {i: NAMES[h] for i, h in enumerate(header) if h in NAMES}
    if "step" not in columns.values() or len(columns) < 2:
        raise InputError(
            "there is no step column with a loss beside it",
            where=where,
            remedy="The first line names the columns: step, train_loss, valid_loss.",
        )
    found: dict[int, dict[str, float]] = {}
    for number, row in enumerate(rows, start=2):
        values = {columns[i]: _number(cell) for i, cell in enumerate(row) if i in columns}
        step = values.pop("step", None)
        if step is None and not any(v is not None for v in values.values()):
            continue
        if step is None or not math.isfinite(step):
            raise InputError("the step is not a number", where=f"{where}:{number}")
        found.setdefault(int(step), {}).update({k: v for k, v in values.items() if v is not None})
    return tuple(Metric.model_validate({"step": s, **found[s]}) for s in sorted(found))


def read(points: Sequence[Metric]) -> CurveReport:
    """Everything the curve shows, the gravest first."""
    train = [(p.step, p.train_loss) for p in points if p.train_loss is not None]
    valid = [(p.step, v) for p in points if (v := _validation(p)) is not None]
    readings: list[Reading] = []
    missing: list[str] = []
    diverged = _diverged(train)
    if diverged:
        readings.append(diverged)
    if len(valid) > threshold("jobs.curve_overfit_points"):
        readings += _over_fitting(train, valid)
    else:
        missing.append("over-fitting: fewer than four validation losses")
    few = _too_few_steps(points)
    if few:
        readings.append(few)
    if len(train) >= 2 * _window():
        if not diverged:
            # What falls on the training rows alone is over-fitting, not learning that wants more epochs.
            over = any(r.kind == "over_fitting" for r in readings)
            readings += [r for r in _learning(train) if not (over and r.kind == "still_learning")]
        readings += _spikes(train)
    else:
        missing.append(f"learning and spikes: fewer than {2 * _window()} training losses")
    if not readings and not missing:
        readings.append(_steady(train))
    best = min(((v, s) for s, v in valid if math.isfinite(v)), default=None)
    return CurveReport(
        points=len(points),
        first_step=points[0].step if points else None,
        last_step=points[-1].step if points else None,
        best_step=best[1] if best else None,
        readings=tuple(readings),
        not_looked_at=tuple(missing),
    )


def checkpoint_to_score(read: CurveReport, checkpoints: Sequence[dict[str, Any]]) -> tuple[int, str] | None:
    """(step, model) of the last kept checkpoint at or before the lowest validation loss; None: the end is the one."""
    if read.best_step is None or read.best_step == read.last_step:
        return None
    named = ((c.get("step_number"), c.get("fine_tuned_model_checkpoint")) for c in checkpoints)
    kept = [(step, str(model)) for step, model in named if isinstance(step, int) and model and step <= read.best_step]
    return max(kept, default=None)


def rising_validation(points: Sequence[Metric]) -> tuple[tuple[int, float], ...]:
    """The last evaluations when each was worse than the one before and all are worse than the best; else empty."""
    valid = [(p.step, v) for p in points if (v := _validation(p)) is not None]
    n = int(threshold("jobs.curve_overfit_points"))
    tail = valid[-n - 1 :]
    if len(tail) <= n:
        return ()
    rises = all(b[1] > a[1] for a, b in pairwise(tail))
    return tuple(tail) if rises else ()


def _validation(p: Metric) -> float | None:
    return p.full_valid_loss if p.full_valid_loss is not None else p.valid_loss


def _diverged(train: list[tuple[int, float]]) -> Reading | None:
    broken = [s for s, v in train if not math.isfinite(v)]
    if broken:
        return Reading(
            kind="diverged",
            message=f"The training loss is no longer a number from step {broken[0]}.",
            evidence=(f"training loss at step {broken[0]}: not a number",),
            advice="Lower the learning rate multiplier to a tenth and look at the examples of that step.",
            steps=tuple(broken[:1]),
        )
    if len(train) < 2 * _window():
        return None
    start, end = _mean(train[: _window()]), _mean(train[-_window() :])
    if end <= start * threshold("jobs.curve_diverged_ratio"):
        return None
    return Reading(
        kind="diverged",
        message=f"The training loss rose from {start:.3f} to {end:.3f}.",
        evidence=(_span("training loss", train[: _window()]), _span("training loss", train[-_window() :])),
        advice="Lower the learning rate multiplier (half, then a tenth).",
        steps=(train[0][0], train[-1][0]),
    )


def _over_fitting(train: list[tuple[int, float]], valid: list[tuple[int, float]]) -> list[Reading]:
    best_at = min(range(len(valid)), key=lambda i: valid[i][1])
    best_step, best = valid[best_at]
    after = valid[best_at + 1 :]
    n = int(threshold("jobs.curve_overfit_points"))
    limit = best * (1 + threshold("jobs.curve_overfit_rise"))
    if len(after) < n or any(v <= limit for _, v in after[-n:]):
        return []
    later = [v for s, v in train if s > best_step and math.isfinite(v)]
    earlier = [v for s, v in train if s <= best_step and math.isfinite(v)]
    if later and earlier and fmean(later[-_window() :]) >= fmean(earlier[-_window() :]):
        return []
    evidence = [f"validation loss lowest at step {best_step}: {best:.3f}"]
    evidence += [f"validation loss at step {s}: {v:.3f}" for s, v in after[-n:]]
    if later:
        evidence.append(f"training loss went on falling, to {later[-1]:.3f}")
    return [
        Reading(
            kind="over_fitting",
            message=f"Over-fitting after step {best_step}: validation loss rises while training loss falls.",
            evidence=tuple(evidence),
            advice=f"Score the checkpoint at or before step {best_step}; then fewer epochs, or more varied examples.",
            steps=(best_step, after[-1][0]),
        )
    ]


def _too_few_steps(points: Sequence[Metric]) -> Reading | None:
    if not points or points[-1].step >= threshold("jobs.curve_steps_min"):
        return None
    return Reading(
        kind="too_few_steps",
        message=f"Too few steps to read a trend, and mostly warm-up: {points[-1].step}.",
        evidence=(f"last step: {points[-1].step}",),
        advice="More examples or more epochs; with very few examples put them into the prompt instead.",
        steps=(points[-1].step,),
    )


def _learning(train: list[tuple[int, float]]) -> list[Reading]:
    w = _window()
    start, end = _mean(train[:w]), _mean(train[-w:])
    fall = (start - end) / start if start else 0.0
    if fall < threshold("jobs.curve_learned_share"):
        return [
            Reading(
                kind="no_learning",
                message=f"The training loss hardly fell: from {start:.3f} to {end:.3f}.",
                evidence=(_span("training loss", train[:w]), _span("training loss", train[-w:])),
                advice="Raise the learning rate multiplier; check that the answers carry loss and differ at all.",
                steps=(train[0][0], train[-1][0]),
            )
        ]
    quarter = max(w, len(train) // 4)
    if len(train) < 2 * quarter:
        return []
    # Medians: one spike is a spike, not a trend.
    before = median(v for _, v in train[-2 * quarter : -quarter])
    last = median(v for _, v in train[-quarter:])
    if before - last > (start - end) * threshold("jobs.curve_still_falling_share"):
        return [
            Reading(
                kind="still_learning",
                message=f"The training loss was still falling at the end: {before:.3f} to {last:.3f} lately.",
                evidence=(
                    _span("training loss", train[-2 * quarter : -quarter]),
                    _span("training loss", train[-quarter:]),
                ),
                advice="One or two more epochs where there is one ideal answer; else double the examples.",
                steps=(train[-2 * quarter][0], train[-1][0]),
            )
        ]
    return []


def _spikes(train: list[tuple[int, float]]) -> list[Reading]:
    w = _window()
    found = []
    # Near the end of a fall a tiny loss may treble and still be tiny.
    least = threshold("jobs.curve_spike_share") * median(v for _, v in train[:w])
    for i in range(w, len(train) - 1):
        around = [v for _, v in train[max(0, i - w) : i] + train[i + 1 : i + 1 + w]]
        typical = median(around)
        if typical > 0 and train[i][1] > max(typical * threshold("jobs.curve_spike_ratio"), typical + least):
            found.append((train[i][0], train[i][1], typical))
    if not found:
        return []
    steps = ", ".join(str(s) for s, _, _ in found[:5])
    return [
        Reading(
            kind="spikes",
            message=f"The training loss jumps at step {steps}.",
            evidence=tuple(f"training loss at step {s}: {v:.3f}, {m:.3f} around it" for s, v, m in found[:5]),
            advice="Look at the examples of those steps: very long, garbled or mislabelled ones; or a larger batch.",
            steps=tuple(s for s, _, _ in found[:5]),
        )
    ]


def _steady(train: list[tuple[int, float]]) -> Reading:
    w = _window()
    return Reading(
        kind="steady",
        message="The training loss fell and settled; nothing in the curves speaks against this job.",
        evidence=(_span("training loss", train[:w]), _span("training loss", train[-w:])),
        advice="Score base against tuned on the held-out examples: that decides.",
    )


def _window() -> int:
    return int(threshold("jobs.curve_window"))


def _mean(points: Sequence[tuple[int, float]]) -> float:
    return fmean(v for _, v in points)


def _span(name: str, points: Sequence[tuple[int, float]]) -> str:
    return f"{name} over steps {points[0][0]} to {points[-1][0]}: mean {_mean(points):.3f}"


def _number(cell: str) -> float | None:
    text = cell.strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return None
