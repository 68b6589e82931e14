"""A client of some of the web application's pages, with somebody signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from ui.web.pages import signed_in


@contextmanager
def client_of(router: APIRouter) -> Iterator[TestClient]:
    """The pages of one router, seen by ada."""
    app = FastAPI()
    app.include_router(router)
    app.dependency_overrides[signed_in] = lambda: SimpleNamespace(identifier="ada")
    with TestClient(app) as made:
        yield made
