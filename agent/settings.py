"""Which mind speaks: read from the environment anew for each turn, so that a mended setting works at once."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from tools.errors import InputError

DEADLINE_S = 60.0
"""How long one turn may wait for a model in all."""
READ_TIMEOUT_S = 20.0
"""How long it may wait between two pieces of a stream."""


@dataclass(frozen=True)
class ModelSettings:
    """Where the language model is. The key never appears in a text or a log."""

    model: str
    base_url: str | None
    api_key: str
    api_version: str | None
    deadline_s: float = DEADLINE_S
    read_timeout_s: float = READ_TIMEOUT_S

    @property
    def azure(self) -> bool:
        """Azure's own addressing, as opposed to its `/openai/v1/` endpoint, which is like any other."""
        return self.api_version is not None

    @property
    def where(self) -> str:
        """The endpoint's host, for messages."""
        return urlsplit(self.base_url).netloc if self.base_url else "api.openai.com"

    def __repr__(self) -> str:
        return f"ModelSettings(model={self.model!r}, where={self.where!r})"


def model_settings() -> ModelSettings | None:
    """The model set up by ADVISOR_MODEL and its companions; None when none is, which is the guided conversation.

    Raises:
        InputError: the settings cannot work as they are; the message names the one to mend.
    """
    model = os.environ.get("ADVISOR_MODEL", "").strip()
    if not model:
        return None
    base_url = os.environ.get("ADVISOR_BASE_URL", "").strip() or None
    key = (os.environ.get("ADVISOR_API_KEY") or os.environ.get("OPENAI_API_KEY") or "").strip()
    version = os.environ.get("ADVISOR_API_VERSION", "").strip() or None
    if base_url is not None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InputError(
                "this is not an address of a model endpoint",
                where="ADVISOR_BASE_URL",
                remedy="Use one like https://host/v1 or http://127.0.0.1:11434/v1.",
            )
    elif version is not None:
        raise InputError("Azure needs the endpoint too", where="ADVISOR_API_VERSION", remedy="Set ADVISOR_BASE_URL.")
    if not key and base_url is None:
        raise InputError(
            "a model is set but no key",
            where="ADVISOR_MODEL",
            remedy="Set ADVISOR_API_KEY, or ADVISOR_BASE_URL for a server that needs none.",
        )
    deadline = _seconds("ADVISOR_DEADLINE_S", DEADLINE_S)
    return ModelSettings(
        model=model,
        base_url=base_url,
        api_key=key or "none",
        api_version=version,
        deadline_s=deadline,
        read_timeout_s=min(READ_TIMEOUT_S, deadline),
    )


def _seconds(name: str, default: float) -> float:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 600:
        raise InputError("must be a number of seconds from 0 to 600", where=name)
    return value
