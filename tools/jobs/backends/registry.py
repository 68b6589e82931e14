"""Backends by name, made from the settings in the environment."""

import os
from collections.abc import Callable

from tools.errors import InputError, UnavailableError
from tools.jobs.backends.base import Backend, Unreachable
from tools.named import closest

Maker = Callable[[], Backend]
PARTS = {"google": "google", "together": "together", "ray": "ray"}
"""Packages that are an optional part, by the first word of what is missing."""


def backend(name: str) -> Backend:
    """The backend of this name.

    Raises:
        InputError: there is none of this name.
        UnavailableError: its settings or its package are missing.
    """
    maker = BACKENDS.get(name)
    if maker is None:
        raise InputError(f"there is no backend {name!r}", remedy=closest(name, BACKENDS))
    try:
        return maker()
    except ModuleNotFoundError as e:
        package = (e.name or "").split(".")[0]
        line = f"requirements/install add {PARTS[package]}" if package in PARTS else f"pip install {e.name}"
        raise UnavailableError(f"the backend {name} needs a package that is not installed", remedy=line) from None
    except Unreachable as e:
        raise UnavailableError(f"the backend {name} cannot be set up: {e.message}") from None


def _local() -> Backend:
    from tools.jobs.backends.local import LocalBackend

    return LocalBackend()


def _openai() -> Backend:
    from tools.jobs.backends.openai_wire import WireBackend

    url = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    return WireBackend("openai", _setting("openai", url, "OPENAI_API_KEY"))


def _azure() -> Backend:
    """The v1 surface, which needs no version; the dated one where AZURE_OPENAI_API_VERSION is set."""
    from tools.jobs.backends.openai_wire import WireBackend

    endpoint = _needed("azure", "AZURE_OPENAI_ENDPOINT").rstrip("/")
    version = os.environ.get("AZURE_OPENAI_API_VERSION") or None
    path = "/openai" if version else "/openai/v1"
    url = endpoint if endpoint.endswith(("/v1", "/openai")) else f"{endpoint}{path}"
    return WireBackend(
        "azure",
        _setting("azure", url, "AZURE_OPENAI_API_KEY"),
        tier_field="trainingType",
        default_tier="globalStandard",
        api_version=version,
    )


def _bedrock() -> Backend:
    """Amazon Bedrock's OpenAI-compatible endpoint: reinforcement fine-tuning of open-weight bases."""
    from tools.jobs.backends.openai_wire import WireBackend

    region = os.environ.get("AWS_REGION") or "us-west-2"
    url = os.environ.get("ADVISOR_BEDROCK_BASE_URL") or f"https://bedrock-mantle.{region}.api.aws/v1"
    settings = _setting("bedrock", url, "AWS_BEARER_TOKEN_BEDROCK")
    return WireBackend("bedrock", settings, techniques=frozenset({"rft"}), pauses=False)


def _wire() -> Backend:
    from tools.jobs.backends.openai_wire import WireBackend

    url = _needed("wire", "ADVISOR_JOBS_BASE_URL")
    return WireBackend("wire", _setting("wire", url, "ADVISOR_JOBS_API_KEY"))


def _google() -> Backend:
    project, bucket = _needed("google", "GOOGLE_CLOUD_PROJECT"), _needed("google", "ADVISOR_GOOGLE_BUCKET")
    from tools.jobs.backends.google_jobs import GoogleBackend

    return GoogleBackend(project, os.environ.get("GOOGLE_CLOUD_LOCATION") or "us-central1", bucket)


def _together() -> Backend:
    url = os.environ.get("TOGETHER_BASE_URL") or "https://api.together.xyz/v1"
    settings = _setting("together", url, "TOGETHER_API_KEY")
    from tools.jobs.backends.together_jobs import TogetherBackend

    return TogetherBackend(settings)


def _huggingface() -> Backend:
    token = _needed("huggingface", "HF_TOKEN")
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    from tools.jobs.backends import huggingface_jobs

    namespace = os.environ.get("ADVISOR_HF_NAMESPACE") or huggingface_jobs.namespace_of(token, endpoint)
    return huggingface_jobs.HuggingFaceBackend(token, endpoint, namespace)


def _ray() -> Backend:
    from tools.jobs.backends.ray import RayBackend

    return RayBackend()


def _needed(name: str, variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise UnavailableError(f"the backend {name} is not set up", where=variable, remedy=f"Set {variable}.")
    return value


def _setting(name: str, url: str, variable: str) -> Callable[[], tuple[str, str]]:
    key = _needed(name, variable)
    return lambda: (url, key)


PAUSING = frozenset({"openai", "azure", "wire"})
"""Where a running job can be paused, as each backend's `pauses` says; to be known without its key."""
BACKENDS: dict[str, Maker] = {
    "local": _local,
    "openai": _openai,
    "azure": _azure,
    "bedrock": _bedrock,
    "google": _google,
    "together": _together,
    "huggingface": _huggingface,
    "ray": _ray,
    "wire": _wire,
}
"""local: this computer; azure: Azure OpenAI and Foundry; wire: any other server of the OpenAI fine-tuning wire."""
