"""Where a lost job is looked for: on the provider's page, or on this computer."""

import pytest

from tools.jobs.models import Job
from ui.cli.jobs_text import next_step


@pytest.mark.parametrize(
    ("backend", "where"), [("openai", "the provider's own page"), ("local", "doctor"), ("ray", "doctor")]
)
def test_a_lost_job_is_looked_for_where_it_runs(backend: str, where: str) -> None:
    job = Job.model_construct(
        id="job_1", plan_id="plan_1", backend=backend, state="CONFIRMED", status="lost_contact", contact_lost=True,
        provider_job_id="ftjob-1",
    )  # fmt: skip
    step = next_step(job)
    assert where in step
    assert "jobs resolve job_1 --gone" in step
    assert ("provider" in step) == (backend == "openai")
