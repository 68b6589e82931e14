"""Memory and time to train an open-weight base, by published formulas, with their error on runs of our own.

Memory = weights (2 bytes a parameter in bf16, 0.52 in 4 bit) + 16 bytes a trained parameter (Adam, mixed precision) +
activations (34 bytes a token, layer and hidden unit; 2 where they are recomputed) + logits + the framework.
Time = operations / (peak x utilisation), with 6 operations a parameter and token for full tuning, 4 for LoRA (the
frozen weights need no gradient: two thirds), 2 more where activations are recomputed.
Sources: providers.zero_memory, providers.activation_memory, providers.scaling_flops, providers.lora_without_regret,
providers.qlora. The shape of a base that is not known is taken as that of a Llama-like model of its size.
"""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.hardware import Method, Run, Shape, hardware
from tools.cost.book import number, published
from tools.cost.money import Range
from tools.cost.own_runs import OwnRun, own_runs
from tools.errors import InputError

GB = Decimal(10**9)


class HardwareRequest(BaseModel):
    """One training of an open-weight base on one GPU (or this computer)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = None
    """A base whose shape is known; else give `parameters_b`."""
    parameters_b: Decimal | None = Field(default=None, gt=0)
    method: Method = "lora"
    lora_rank: int = Field(default=16, ge=1)
    sequence_length: int = Field(default=1024, ge=1)
    batch_size: int = Field(default=4, ge=1)
    recompute: bool = True
    """Activation (gradient) checkpointing."""
    tokens: int | None = Field(default=None, ge=0)
    """Tokens trained on, all epochs; None: no time is estimated."""
    peak_tflops: Decimal | None = Field(default=None, gt=0)
    """Dense bf16 peak of the device."""


class Figures(BaseModel):
    """Low, expected, high."""

    model_config = ConfigDict(frozen=True)

    low: float
    expected: float
    high: float


class Checked(BaseModel):
    """The formula on one run that was measured."""

    model_config = ConfigDict(frozen=True)

    run: str
    device: str
    ran_on: str
    measured_memory_gb: float
    formula_memory_gb: float
    memory_ratio: float
    """Measured over formula."""
    measured_seconds: float
    formula_seconds: float
    seconds_ratio: float


class HardwareEstimate(BaseModel):
    """What it needs, and how far the formula was off on our own runs."""

    model_config = ConfigDict(frozen=True)

    parameters_b: float
    method: str
    memory_gb: Figures
    hours: Figures | None
    """None when tokens or the device's peak were not given."""
    parts_gb: dict[str, float]
    arithmetic: str
    shape: Literal["known", "taken as Llama-like"]
    checked: tuple[Checked, ...]
    sources: tuple[str, ...]


def shape_of(model: str | None, parameters_b: Decimal | None) -> tuple[Shape, bool]:
    """The base's shape, and whether it is its own.

    Raises:
        InputError: neither a known base nor a size was given.
    """
    known = hardware().shapes.get((model or "").split("/")[-1].lower())
    if known is not None:
        return known, True
    if parameters_b is None:
        raise InputError(
            f"the size of {model or 'the base'} is not known here", remedy="Give its parameters in billions."
        )
    # 12 layers hidden^2 parameters at a width of 128 times the depth, as the published 7B to 70B models roughly have.
    hidden = int((float(parameters_b) * 1e9 * 128 / 12) ** (1 / 3))
    return Shape(hidden=hidden, layers=max(1, hidden // 128), vocabulary=128_000, parameters_b=parameters_b), False


def memory_parts(
    shape: Shape, *, method: Method, rank: int, sequence: int, batch: int, recompute: bool
) -> dict[str, Decimal]:
    """Bytes by what they are for, in GB."""
    parameters = shape.parameters_b * GB
    tokens = Decimal(sequence * batch)
    trained = parameters
    weights = Decimal(0)
    if method != "full":
        weights = parameters * number(
            "frozen_bytes_per_parameter" if method == "lora" else "quantised_bytes_per_parameter"
        )
        trained = number("lora_units_per_layer") * shape.hidden * shape.layers * rank
    per_layer = tokens * shape.hidden
    live = per_layer * number("activation_bytes_full")
    kept = live * shape.layers
    if recompute:
        kept = per_layer * number("activation_bytes_recomputed") * shape.layers + live
    return {
        "frozen weights": weights / GB,
        "trained weights, gradients and optimiser": trained * number("trained_bytes_per_parameter") / GB,
        "activations": kept / GB,
        "logits": tokens * shape.vocabulary * number("logit_bytes") / GB,
        "framework": number("runtime_gb"),
    }


def operations(shape: Shape, tokens: Decimal, *, method: Method, recompute: bool) -> Decimal:
    """Floating point operations of a training."""
    each = (6 if method == "full" else 4) + (2 if recompute else 0)
    return each * shape.parameters_b * GB * tokens


def hours(work: Decimal, peak_tflops: Decimal, share: Range | None = None) -> Range:
    """Hours on a device, without setting up; low is at the best utilisation (`share` of the peak)."""
    share = share or published("utilisation")
    second = work / (peak_tflops * 10**12)
    return Range(second / share.high / 3600, second / share.expected / 3600, second / share.low / 3600)


def memory(parts: dict[str, Decimal]) -> Range:
    """GB: the formula, and more for fragmentation and buffers."""
    total = sum(parts.values(), Decimal(0))
    slack = number("memory_slack")
    return Range(total, total * (1 + slack / 2), total * (1 + slack))


def estimate_hardware(request: HardwareRequest) -> HardwareEstimate:
    """Memory and, where tokens and the device's peak are given, time.

    Raises:
        InputError: the base's size is not known.
    """
    shape, known = shape_of(request.model, request.parameters_b)
    parts = memory_parts(
        shape,
        method=request.method,
        rank=request.lora_rank,
        sequence=request.sequence_length,
        batch=request.batch_size,
        recompute=request.recompute,
    )
    needed = memory(parts)
    time = None
    words = " + ".join(f"{v:.1f} GB {k}" for k, v in parts.items())
    if request.tokens is not None and request.peak_tflops is not None:
        work = operations(shape, Decimal(request.tokens), method=request.method, recompute=request.recompute)
        time = hours(work, request.peak_tflops)
        words += f"; {work:.2E} operations at {number('utilisation') * 100:.0f} % of {request.peak_tflops} TFLOP/s"
    return HardwareEstimate(
        parameters_b=float(shape.parameters_b),
        method=request.method,
        memory_gb=_figures(needed),
        hours=_figures(time) if time is not None else None,
        parts_gb={k: round(float(v), 3) for k, v in parts.items()},
        arithmetic=words,
        shape="known" if known else "taken as Llama-like",
        checked=(
            *(check(name, run) for name, run in hardware().runs.items()),
            *(c for c in map(check_own, own_runs()) if c is not None),
        ),
        sources=(
            "providers.zero_memory",
            "providers.activation_memory",
            "providers.scaling_flops",
            "providers.lora_without_regret",
            "providers.qlora",
        ),
    )


def local_hours(
    model: str, parameters_b: Decimal, tokens: Range, *, technique: str = "sft", rows: Range | None = None
) -> tuple[Range, str] | None:
    """Hours of a training here: from trainings of this base on this computer, else from runs on a computer of ours.

    Args:
        model: the base.
        parameters_b: its size in billions.
        tokens: of all epochs.
        technique: only trainings by the same one are a measure.
        rows: examples times epochs; where known, trainings here count by the example, which is what they report.

    Returns:
        Hours and how they are known; None when nothing was measured.
    """
    each = sorted(_seconds_each(r) for r in hardware().runs.values())
    if not each:
        return None
    low, middle, high = each[0], each[len(each) // 2], each[-1]
    text = f"from {len(each)} runs of ours on two shared cores; another computer may take a third or three times"
    runs = [r for r in own_runs() if r.model.lower() == model.lower() and r.technique == technique]
    if technique == "rft" and not runs:
        return None  # how long answers take to be tried and graded is another matter
    mine = sorted(r.wall_seconds / (r.rows if rows else parameters_b * r.tokens) for r in runs)
    if mine:
        here = mine[len(mine) // 2]  # the spread of our runs around their middle is kept: load differs here too
        low, middle, high = min(mine[0], here * low / middle), here, max(mine[-1], here * high / middle)
        text = f"from {len(mine)} {'training' if len(mine) == 1 else 'trainings'} of this base on this computer"
    if mine and rows is not None:
        return Range(rows.low * low / 3600, rows.expected * middle / 3600, rows.high * high / 3600), text
    hour = parameters_b / 3600
    return Range(tokens.low * low * hour, tokens.expected * middle * hour, tokens.high * high * hour), text


def _seconds_each(run: Run) -> Decimal:
    """Seconds a token and billion parameters."""
    tokens = run.steps * run.batch_size * run.sequence_length
    return run.wall_seconds / (shape_of(run.model, None)[0].parameters_b * tokens)


def check_own(run: OwnRun) -> Checked | None:
    """The formula's memory and our runs' time against a training on this computer; None for a base of unknown shape."""
    shape = hardware().shapes.get(run.model.split("/")[-1].lower())
    if shape is None or run.technique != "sft":
        return None  # the formula is one of supervised training
    read = run.read_tokens()
    parts = memory_parts(
        shape,
        method="full" if run.full else "lora",
        rank=run.lora_rank,
        sequence=max(1, round(read / run.rows)),
        batch=run.batch_size,
        recompute=False,
    )
    formula = sum(parts.values(), Decimal(0))
    each = sorted(_seconds_each(r) for r in hardware().runs.values())
    seconds = each[len(each) // 2] * shape.parameters_b * read
    return Checked(
        run=run.job_id,
        device=run.device,
        ran_on=str(run.ran_on),
        measured_memory_gb=round(float(run.peak_memory_gb), 2),
        formula_memory_gb=round(float(formula), 2),
        memory_ratio=round(float(run.peak_memory_gb / formula), 2),
        measured_seconds=float(run.wall_seconds),
        formula_seconds=round(float(seconds), 0),
        seconds_ratio=round(float(run.wall_seconds / seconds), 2),
    )


def check(name: str, run: Run) -> Checked:
    """The formula against a measured run of our own engine, at the expected utilisation."""
    shape, _ = shape_of(run.model, None)
    parts = memory_parts(
        shape,
        method=run.method,
        rank=run.lora_rank,
        sequence=run.sequence_length,
        batch=run.batch_size,
        recompute=False,
    )
    tokens = Decimal(run.steps * run.batch_size * run.sequence_length)
    work = operations(shape, tokens, method=run.method, recompute=False)
    seconds = hours(work, run.peak_gflops / 1000).expected * 3600
    formula = sum(parts.values(), Decimal(0))
    return Checked(
        run=name,
        device=run.device,
        ran_on=str(run.ran_on),
        measured_memory_gb=float(run.peak_memory_gb),
        formula_memory_gb=round(float(formula), 2),
        memory_ratio=round(float(run.peak_memory_gb / formula), 2),
        measured_seconds=float(run.cpu_seconds),
        formula_seconds=round(float(seconds), 0),
        seconds_ratio=round(float(run.cpu_seconds / seconds), 2),
    )


def _figures(value: Range) -> Figures:
    return Figures(
        low=round(float(value.low), 3), expected=round(float(value.expected), 3), high=round(float(value.high), 3)
    )
