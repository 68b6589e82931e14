"""Price lists are read only when asked, over the real wire, and nothing is taken by looking."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from tools.cost import CostRequest, estimate, figures
from tools.cost.refresh import read_list
from tools.errors import InputError, UnavailableError

TODAY = date(2026, 11, 21)


def meter(name: str, usd: float, unit: str = "1K", region: str = "eastus2", kind: str = "Consumption") -> dict:
    """One row as the Azure Retail Prices API writes it."""
    return {
        "currencyCode": "USD",
        "retailPrice": usd,
        "unitPrice": usd,
        "armRegionName": region,
        "meterName": name,
        "productName": "Azure OpenAI",
        "unitOfMeasure": unit,
        "type": kind,
        "effectiveStartDate": "2026-10-01T00:00:00Z",
    }


AZURE = [
    [
        meter("gpt-4.1-mini FT Training global Tokens", 0.006),
        meter("gpt-4.1-mini-ft hosting global Unit", 1.7, "1 Hour"),
        meter("gpt-4.1-mini FT Training regional Tokens", 0.0055, region="swedencentral"),
    ],
    [
        meter("gpt-4.1-mini FT Training regional Tokens", 0.007, region="northcentralus"),
        meter("gpt-4.1-mini-ft hosting global Unit", 0.5, "1 Hour", kind="Reservation"),
        meter("something nobody asked about", 9.0),
    ],
]
LITELLM = {
    "gpt-4.1-mini-2025-04-14": {"input_cost_per_token": 3e-07, "output_cost_per_token": 1.6e-06},
    "ft:gpt-4.1-mini-2025-04-14": {"input_cost_per_token": 8e-07},
    "sample_spec": {"input_cost_per_token": 0},
}


class PriceLists(BaseHTTPRequestHandler):
    """Both lists as they are served: Azure by pages, LiteLLM as one map."""

    def do_GET(self) -> None:
        url = urlparse(self.path)
        asked = parse_qs(url.query)
        if url.path == "/azure":
            first = "Azure OpenAI" in asked.get("$filter", [""])[0]
            page = int(asked.get("page", ["0"])[0])
            here = f"http://{self.headers['Host']}/azure?page=1"
            more = page == 0 and first
            body = {"Items": AZURE[page] if first or page else [], "NextPageLink": here if more else None}
        elif url.path == "/litellm":
            body = LITELLM
        elif url.path == "/page":
            self._send(200, b"<html>sign in</html>")
            return
        else:
            self._send(503, b"{}")
            return
        self._send(200, json.dumps(body).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), PriceLists)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def train_usd(tier: str) -> Decimal | None:
    asked = CostRequest(
        provider="azure", model="gpt-4.1-mini", tier=tier, training_tokens=1_000_000, n_epochs=1, today=TODAY
    )
    return estimate(asked).training_usd.expected


def test_azure_pages_are_followed_and_units_and_regions_understood(served: str) -> None:
    found = read_list("azure", TODAY, place=f"{served}/azure")
    by_place = {(d.tier, d.what): d for d in found.differences}
    train = by_place["global", "training_per_1m"]
    assert (train.kind, train.here_usd, train.there_usd) == ("changed", Decimal(5), Decimal(6))
    assert by_place["global", "hosting_per_hour"].kind == "same"  # the reserved price is another offer
    regional = by_place["regional", "training_per_1m"]
    assert (regional.there_usd, regional.there_usd_high) == (Decimal("5.5"), Decimal(7))
    assert len(found.differences) == 3
    assert any("gpt-4.1-2025-04-14: training_per_1m" in m for m in found.missing)


def test_litellm_gives_exact_figures_for_base_and_tuned(served: str) -> None:
    found = read_list("litellm", TODAY, place=f"{served}/litellm")
    by_what = {d.what: d for d in found.differences if d.provider == "openai"}
    assert (by_what["base_input_per_1m"].kind, by_what["base_input_per_1m"].there_usd) == ("changed", Decimal("0.3"))
    assert by_what["tuned_input_per_1m"].kind == "same"
    assert by_what["base_output_per_1m"].kind == "same"


def test_looking_takes_nothing_and_taking_changes_the_next_estimate(served: str, home: Path) -> None:
    assert train_usd("global") == Decimal(5)
    found = read_list("azure", TODAY, place=f"{served}/azure")
    assert train_usd("global") == Decimal(5)
    assert not (home / "catalogue").exists()
    figures.take(found.figures)
    assert train_usd("global") == Decimal(6)
    assert train_usd("regional") == Decimal("6.25")  # the middle of 5.50 and 7.00
    assert train_usd("developer") == Decimal("2.5")  # not in the list: as shipped
    used = estimate(
        CostRequest(provider="azure", model="gpt-4.1-mini", training_tokens=10, n_epochs=1, today=TODAY)
    ).prices
    assert next(p for p in used if p.what.startswith("training")).checked_on == TODAY


def test_a_figure_taken_long_ago_does_not_hide_a_newer_shipped_one(served: str) -> None:
    figures.take(read_list("azure", date(2026, 1, 1), place=f"{served}/azure").figures)
    assert train_usd("global") == Decimal(5)


def test_taken_twice_is_kept_once(served: str) -> None:
    found = read_list("azure", TODAY, place=f"{served}/azure").figures
    figures.take(found)
    figures.take(found)
    assert len(figures.taken()) == 3


def test_a_damaged_file_is_said(served: str) -> None:
    figures.take(read_list("azure", TODAY, place=f"{served}/azure").figures)
    figures.path().write_text("[{")
    with pytest.raises(InputError, match="Remove the file"):
        train_usd("global")


@pytest.mark.parametrize(
    ("place", "error"),
    [("/down", UnavailableError), ("/page", InputError), ("nowhere.json", InputError)],
)
def test_a_list_that_is_not_there_or_not_a_list(served: str, place: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_list("azure", TODAY, place=served + place if place.startswith("/") else place)


def test_an_empty_list_is_not_a_list_without_changes(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text('{"Items": []}')
    with pytest.raises(InputError, match="no figure of the catalogue"):
        read_list("azure", TODAY, place=str(file))
    with pytest.raises(InputError, match="One of"):
        read_list("aws", TODAY)


def test_a_server_that_hangs_up() -> None:
    with pytest.raises(UnavailableError, match="--from"):
        read_list("litellm", TODAY, place="http://127.0.0.1:9/list")
