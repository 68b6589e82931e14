"""The storm in small; bench/jobs/storm.py runs it with 500."""

from pathlib import Path

import pytest
from storm import storm


@pytest.mark.slow
def test_no_kill_buys_a_second_job(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.jobs import checks, ledger, pricing

    for module, name in ((pricing, "price"), (checks, "data_blockers"), (ledger, "threshold")):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back what the storm replaces
    for name in ("ADVISOR_HOME", "ADVISOR_JOBS_BASE_URL", "ADVISOR_JOBS_API_KEY"):
        monkeypatch.setenv(name, "")
    result = storm(40, 7, home)
    assert (result.duplicates, result.orphans, result.phantoms) == (0, 0, 0)
    assert result.kills > 15
    assert result.jobs_at_provider <= result.runs
