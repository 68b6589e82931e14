"""Memory and time by published formulas, checked on runs that were measured."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tools.cost import CostRequest, estimate
from tools.cost.hardware import HardwareRequest, estimate_hardware
from tools.cost.own_runs import own_runs
from tools.errors import InputError


def test_full_tuning_needs_sixteen_bytes_a_parameter() -> None:
    e = estimate_hardware(HardwareRequest(parameters_b=Decimal(7), method="full", sequence_length=1, batch_size=1))
    assert e.parts_gb["trained weights, gradients and optimiser"] == pytest.approx(112)  # 7 x 16
    assert e.parts_gb["frozen weights"] == 0


def test_lora_keeps_the_base_in_two_bytes_and_trains_little() -> None:
    e = estimate_hardware(HardwareRequest(model="qwen3-8b"))
    assert e.parts_gb["frozen weights"] == pytest.approx(16.38)  # 8.19 x 2
    # 20 hidden sizes x 4,096 x 36 layers x rank 16 = 47.2 million, x 16 bytes
    assert e.parts_gb["trained weights, gradients and optimiser"] == pytest.approx(0.755, abs=0.001)


def test_four_bit_is_a_quarter() -> None:
    e = estimate_hardware(HardwareRequest(model="llama-3.3-70b-instruct", method="qlora"))
    assert e.parts_gb["frozen weights"] == pytest.approx(36.686)  # 70.55 x 0.52


def test_time_by_operations() -> None:
    # 8.19e9 x (4 + 2) x 1e9 tokens = 4.914e19; / (0.3 x 989e12) = 165,622 s = 46.0 h
    e = estimate_hardware(HardwareRequest(model="qwen3-8b", tokens=10**9, peak_tflops=Decimal(989)))
    assert e.hours is not None
    assert e.hours.expected == pytest.approx(46.0, abs=0.05)
    assert e.hours.low < e.hours.expected < e.hours.high


def test_no_peak_no_time() -> None:
    assert estimate_hardware(HardwareRequest(model="qwen3-8b", tokens=1000)).hours is None


def test_longer_and_larger_needs_more() -> None:
    def memory(**changes: int) -> float:
        return estimate_hardware(HardwareRequest(model="qwen3-8b", **changes)).memory_gb.expected  # type: ignore[arg-type]

    assert memory() < memory(sequence_length=2048) < memory(sequence_length=2048, batch_size=8)
    assert memory(lora_rank=64) > memory(lora_rank=8)


def test_a_base_that_is_not_known_takes_a_size() -> None:
    with pytest.raises(InputError, match="parameters in billions"):
        estimate_hardware(HardwareRequest(model="something-new"))
    assert estimate_hardware(HardwareRequest(model="something-new", parameters_b=Decimal(8))).shape != "known"


def test_the_formula_stands_within_what_was_measured() -> None:
    checked = estimate_hardware(HardwareRequest(model="qwen3-8b")).checked
    assert len(checked) >= 3
    for run in checked:
        assert 1 <= run.memory_ratio <= 2.3, run  # a process holds more than its tensors
        assert 0.5 <= run.seconds_ratio <= 1.5, run


class TestOwnRuns:
    @staticmethod
    def finish(home: Path, name: str, *, seconds: float = 50, status: str = "succeeded") -> None:
        """One job's folder as the local engine leaves it."""
        folder = home / "engine" / "jobs" / name
        folder.mkdir(parents=True)
        cost = {
            "wall_s": seconds + 9,
            "training_wall_s": seconds,
            "user_cpu_s": 80.5,
            "seconds_per_step": seconds / 20,
            "peak_rss_bytes": 2_500_000_000,
            "steps": 20,
            "threads": 2,
            "device": "cpu",
        }
        outcome = {"status": status, "error": None, "trained_tokens": 20_000, "cost": cost}
        (folder / "outcome.json").write_text(json.dumps(outcome))
        values = {"values": {"batch_size": 8, "lora_r": 16, "full": False}}
        (folder / "resolved.json").write_text(json.dumps(values))
        job = {"id": name, "created_at": 1795244709, "request": {"model": "smollm2-135m-instruct"}}
        (folder / "job.json").write_text(json.dumps(job))

    def test_a_training_on_this_computer_times_the_next(self, home: Path) -> None:
        asked = CostRequest(
            provider="local", model="smollm2", training_tokens=40_000, n_epochs=1, today=date(2026, 11, 21)
        )
        before = estimate(asked).training_hours
        self.finish(home, "ftjob-1")
        after = estimate(asked).training_hours
        assert before is not None
        assert after is not None
        assert "runs of ours" in before.text
        assert "1 training of this base on this computer" in after.text
        assert after.expected == pytest.approx(100 / 3600, abs=0.001)  # twice the tokens of a run of 50 seconds
        assert after.low < after.expected < after.high

    def test_by_the_example_where_the_file_is_known(self, home: Path) -> None:
        # 50 seconds for 20 steps of 8 rows: 0.3125 s a row; 320 rows twice are 200 s
        self.finish(home, "ftjob-1")
        asked = CostRequest(
            provider="local",
            model="smollm2",
            training_tokens=40_000,
            examples=320,
            n_epochs=2,
            today=date(2026, 11, 21),
        )
        time = estimate(asked).training_hours
        assert time is not None
        assert time.expected == pytest.approx(200 / 3600, abs=0.001)

    def test_a_reinforcement_run_times_no_supervised_one(self, home: Path) -> None:
        self.finish(home, "ftjob-1")
        file = home / "engine" / "jobs" / "ftjob-1" / "job.json"
        job = json.loads(file.read_text())
        job["request"]["method"] = {"type": "reinforcement"}
        file.write_text(json.dumps(job))
        assert own_runs()[0].technique == "rft"
        asked = CostRequest(provider="local", model="smollm2", training_tokens=9, n_epochs=1, today=date(2026, 11, 21))
        time = estimate(asked).training_hours
        assert time is not None
        assert "runs of ours" in time.text
        assert all(c.run != "ftjob-1" for c in estimate_hardware(HardwareRequest(model="qwen3-8b")).checked)

    def test_it_stands_beside_the_formula(self, home: Path) -> None:
        self.finish(home, "ftjob-1")
        mine = estimate_hardware(HardwareRequest(model="qwen3-8b")).checked[-1]
        assert (mine.run, mine.measured_seconds, mine.measured_memory_gb) == ("ftjob-1", 50, 2.5)
        assert mine.memory_ratio > 1

    def test_failed_jobs_and_damaged_files_are_passed_over(self, home: Path) -> None:
        self.finish(home, "ftjob-1", status="failed")
        self.finish(home, "ftjob-2")
        (home / "engine" / "jobs" / "ftjob-2" / "resolved.json").write_text("{")
        self.finish(home, "ftjob-3")
        (home / "engine" / "jobs" / "ftjob-3" / "job.json").unlink()
        assert own_runs() == ()
