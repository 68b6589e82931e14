"""Memory and time by published formulas, checked on runs that were measured."""

from decimal import Decimal

import pytest

from tools.cost.hardware import HardwareRequest, estimate_hardware
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
