"""A provider on loopback and a home folder whose caps allow what the stories need."""

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "records"))
sys.path.insert(0, str(Path(__file__).parent))

from postgres import schema_of_its_own
from wire_provider import Provider, Server

from tools.jobs import checks, pricing
from tools.jobs.models import Plan, PlanRequest
from tools.jobs.pricing import Price

ROWS = [
    {
        "messages": [
            {"role": "user", "content": f"Where is order {i}?"},
            {"role": "assistant", "content": f"Order {i} is on its way to {'abcdefgh'[i % 8]}."},
        ]
    }
    for i in range(24)
]


@pytest.fixture(autouse=True)
def chosen_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SQLite, or PostgreSQL where TEST_DATABASE_URL says so."""
    with schema_of_its_own(monkeypatch):
        yield


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as running:
        monkeypatch.setenv("ADVISOR_JOBS_BASE_URL", running.url)
        monkeypatch.setenv("ADVISOR_JOBS_API_KEY", "sk-test")
        yield running


@pytest.fixture
def provider(server: Server) -> Provider:
    return server.provider


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> dict[str, Decimal | None]:
    """The price of a job on the wire backend, as if it stood in a table."""
    said: dict[str, Decimal | None] = {"usd": Decimal("6.00")}
    real = pricing.price

    def price(**asked: object) -> Price:
        if asked["backend"] != "wire":
            return real(**asked)  # type: ignore[arg-type]
        usd = said["usd"]
        return Price(usd and usd * Decimal("0.7"), usd, f"table-{usd}", ("6 USD a job (test)",), None, None)

    monkeypatch.setattr(pricing, "price", price)
    return said


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checks, "data_blockers", lambda request: ([], []))
    path = tmp_path / "tickets.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def propose_one(provider: Provider, cost: dict[str, Decimal | None], data: Path) -> Callable[..., Plan]:
    from tools.jobs.plan import propose

    def make(**changes: object) -> Plan:
        request = {"training_file": data, "backend": "wire", "base_model": "gpt-4.1-mini", **changes}
        return propose(PlanRequest.model_validate(request))

    return make


@pytest.fixture
def approved(propose_one: Callable[..., Plan]) -> Callable[..., Plan]:
    from tools.jobs.approval import approve

    def make(person: str = "ada", **changes: object) -> Plan:
        plan = propose_one(**changes)
        approve(plan.id, plan.plan_digest, person, Decimal("6.00"))
        return plan

    return make
