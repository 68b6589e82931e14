"""Backends by name, made from the settings in the environment."""

import os
from collections.abc import Callable

from tools.errors import InputError, UnavailableError
from tools.jobs.backends.base import Backend

Maker = Callable[[], Backend]


def backend(name: str) -> Backend:
    """The backend of this name.

    Raises:
        InputError: there is none of this name.
        UnavailableError: its settings or its package are missing.
    """
    maker = BACKENDS.get(name)
    if maker is None:
        raise InputError(f"there is no backend {name!r}", remedy=f"Choose one of: {', '.join(BACKENDS)}.")
    try:
        return maker()
    except ModuleNotFoundError as e:
        raise UnavailableError(f"the package {e.name} is not installed", remedy=f"pip install {e.name}") from None


def _local() -> Backend:
    from tools.jobs.backends.local import LocalBackend

    return LocalBackend()


def _openai() -> Backend:
    from tools.jobs.backends.openai_wire import WireBackend

    url = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    return WireBackend("openai", _setting("openai", url, "OPENAI_API_KEY"))


def _azure() -> Backend:
    from tools.jobs.backends.openai_wire import WireBackend

    endpoint = os.environ.get("AZURE_OPENAI_ENDPOINT", "").rstrip("/")
    if not endpoint:
        raise _absent("azure", "AZURE_OPENAI_ENDPOINT")
    url = endpoint if endpoint.endswith("/v1") else f"{endpoint}/openai/v1"
    return WireBackend(
        "azure",
        _setting("azure", url, "AZURE_OPENAI_API_KEY"),
        tier_field="trainingType",
        default_tier="globalStandard",
    )


def _wire() -> Backend:
    from tools.jobs.backends.openai_wire import WireBackend

    url = os.environ.get("ADVISOR_JOBS_BASE_URL", "")
    if not url:
        raise _absent("wire", "ADVISOR_JOBS_BASE_URL")
    return WireBackend("wire", _setting("wire", url, "ADVISOR_JOBS_API_KEY"))


def _setting(name: str, url: str, variable: str) -> Callable[[], tuple[str, str]]:
    key = os.environ.get(variable, "")
    if not key:
        raise _absent(name, variable)
    return lambda: (url, key)


def _absent(name: str, variable: str) -> UnavailableError:
    return UnavailableError(f"the backend {name} is not set up", where=variable, remedy=f"Set {variable}.")


BACKENDS: dict[str, Maker] = {"local": _local, "openai": _openai, "azure": _azure, "wire": _wire}
"""local: this computer; openai; azure: Azure OpenAI and Foundry; wire: any other server of the wire."""
