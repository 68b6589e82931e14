"""The storm in small; bench/jobs/storm.py runs it with 500."""

from pathlib import Path

import launch_once
import places
import pytest
from storm import storm


def _put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the storm replaces is put back after the test."""
    from tools.jobs import checks, ledger, pricing

    for module, name in ((pricing, "price"), (checks, "data_blockers"), (ledger, "threshold")):
        monkeypatch.setattr(module, name, getattr(module, name))
    for name in launch_once.SETTINGS:
        monkeypatch.setenv(name, "")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", places.KINDS)
def test_no_kill_buys_a_second_job_elsewhere(kind: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(places.MODULES[kind])
    places.allow_the_loopback_hub(monkeypatch)
    _put_back(monkeypatch)
    result = storm(12, 7, home, backend=kind)
    assert (result.duplicates, result.orphans, result.phantoms) == (0, 0, 0)
    assert result.kills > 3
    assert 0 < result.jobs_at_provider <= result.runs


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_kill_buys_a_second_job(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _put_back(monkeypatch)
    result = storm(40, 7, home)
    assert (result.duplicates, result.orphans, result.phantoms) == (0, 0, 0)
    assert result.kills > 15
    assert result.jobs_at_provider <= result.runs
