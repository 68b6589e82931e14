"""What a curve shows, with the numbers it was seen in; and what it cannot show."""

import contextlib
import math
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tools.errors import InputError
from tools.jobs import curves
from tools.jobs.models import Metric


def curve(train: list[float], valid: dict[int, float] | None = None) -> list[Metric]:
    points = {s: Metric(step=s, train_loss=v) for s, v in enumerate(train, 1)}
    for step, loss in (valid or {}).items():
        known = points.get(step, Metric(step=step))
        points[step] = known.model_copy(update={"valid_loss": loss})
    return [points[s] for s in sorted(points)]


def falling(n: int, start: float = 2.0, end: float = 0.2) -> list[float]:
    return [end + (start - end) * math.exp(-8 * i / n) for i in range(n)]


SHAPES = {
    "steady": curve(falling(60), {10: 1.0, 20: 0.7, 30: 0.5, 40: 0.45, 50: 0.44, 60: 0.44}),
    "over_fitting": curve(falling(60), {10: 1.0, 20: 0.7, 30: 0.8, 40: 0.9, 50: 1.0, 60: 1.1}),
    "diverged": curve([2.0] * 10 + [2.0 + 0.2 * i for i in range(30)]),
    "no_learning": curve([2.0 + 0.01 * (i % 3) for i in range(40)]),
    "spikes": curve([*falling(60)[:40], 2.9, *falling(60)[41:]], {i: 1 - i / 100 for i in range(10, 61, 10)}),
    "still_learning": curve([2.0 - 0.03 * i for i in range(60)]),
    "too_few_steps": curve(falling(12)),
}


def test_a_tiny_loss_that_trebles_is_no_spike() -> None:
    low = falling(60, end=0.015)
    kinds = [r.kind for r in curves.read(curve([*low[:50], 0.089, *low[51:]])).readings]
    assert "spikes" not in kinds


@pytest.mark.parametrize("kind", SHAPES)
def test_each_shape_is_recognised_with_its_evidence(kind: str) -> None:
    read = curves.read(SHAPES[kind])
    kinds = [r.kind for r in read.readings]
    assert kind in kinds
    assert set(kinds) <= {kind, *(("still_learning",) if kind == "too_few_steps" else ())}
    reading = next(r for r in read.readings if r.kind == kind)
    assert reading.evidence
    assert reading.advice
    assert any(ch.isdigit() for ch in " ".join(reading.evidence))


def test_the_best_checkpoint_is_where_validation_was_lowest() -> None:
    assert curves.read(SHAPES["over_fitting"]).best_step == 20
    assert curves.read(curve(falling(60))).best_step is None


def kept(*steps: int) -> list[dict[str, object]]:
    return [{"step_number": s, "fine_tuned_model_checkpoint": f"ft:x:ckpt-step-{s}"} for s in steps]


def test_the_checkpoint_to_score_is_the_last_kept_before_validation_rose() -> None:
    read = curves.read(SHAPES["over_fitting"])
    assert curves.checkpoint_to_score(read, kept(60, 40, 15, 10)) == (15, "ft:x:ckpt-step-15")
    assert curves.checkpoint_to_score(read, kept(20, 60)) == (20, "ft:x:ckpt-step-20")
    assert curves.checkpoint_to_score(read, kept(40, 60)) is None
    assert curves.checkpoint_to_score(curves.read(curve(falling(60), {30: 0.5, 60: 0.4})), kept(30, 60)) is None


def test_over_fitting_is_not_called_learning_that_wants_more_epochs() -> None:
    falling_on = curve([2.0 - 0.03 * i for i in range(60)], {10: 1.0, 20: 0.7, 30: 0.8, 40: 0.9, 50: 1.0, 60: 1.1})
    assert [r.kind for r in curves.read(falling_on).readings] == ["over_fitting"]


def test_a_loss_that_is_no_number_is_divergence() -> None:
    read = curves.read(curve([2.0, 1.5, math.nan, math.nan]))
    assert read.readings[0].kind == "diverged"
    assert "step 3" in read.readings[0].message


def test_loss_is_never_called_success() -> None:
    read = curves.read(SHAPES["steady"])
    words = " ".join([*(r.message + r.advice for r in read.readings), read.caution]).lower()
    assert "score" in words
    assert not any(word in words for word in ("success", "good model", "improved"))


def test_what_was_not_looked_at_is_said() -> None:
    read = curves.read(curve([2.0, 1.0]))
    assert any("over-fitting" in text for text in read.not_looked_at)
    assert any("spikes" in text for text in read.not_looked_at)
    assert "steady" not in [r.kind for r in read.readings]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("step,train_loss,valid_loss", "3,1.5,1.6"),
        ("step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy", "3,1.5,0.5,1.6,0.4"),
        ("Step, Training_Loss ,Validation_Loss", "3,1.5,1.6"),
        ("epoch,step,loss,eval_loss,lr", "0.1,3,1.5,1.6,0.001"),
        ("\ufeffstep,train_loss,valid_loss", "3,1.5,1.6"),
    ],
)
def test_results_are_read_by_their_header(header: str, row: str) -> None:
    [point] = curves.parse(f"{header}\n{row}\n".encode())
    assert (point.step, point.train_loss, point.valid_loss) == (3, 1.5, 1.6)


def test_empty_cells_are_unknown_and_not_zero() -> None:
    points = curves.parse(b"step,train_loss,valid_loss\n1,2.0,\n2,1.5,1.9\n,,\n")
    assert points[0].valid_loss is None
    assert len(points) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no step column"),
        (b"a,b\n1,2\n", "no step column"),
        (b"step\n1\n", "no step column"),
        (b"step,train_loss\nx,2\n", r"results:2: the step is not a number"),
        (b"\xff\xfe\x00", "not a CSV"),
    ],
)
def test_a_file_that_is_no_curve_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        curves.parse(content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        curves.read_file(tmp_path / "none.csv")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 500),
            st.floats(allow_nan=True, allow_infinity=True) | st.none(),
            st.floats(allow_nan=True, allow_infinity=True) | st.none(),
        ),
        max_size=80,
        unique_by=lambda p: p[0],
    )
)
@example([(0, 0.0, -1.0), (1, float("-inf"), 0.0), (2, float("inf"), 0.0), (3, None, 0.0)])
def test_any_curve_can_be_read(points: list[tuple[int, float | None, float | None]]) -> None:
    metrics = [Metric(step=s, train_loss=t, valid_loss=v) for s, t, v in sorted(points, key=lambda p: p[0])]
    read = curves.read(metrics)
    assert read.points == len(metrics)
    assert read.readings or read.not_looked_at


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(InputError):
        curves.parse(content)
