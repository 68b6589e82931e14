"""The settings with which each backend speaks to its provider on loopback."""

import json
from functools import cache
from pathlib import Path

import pytest

KINDS = ("together", "google", "huggingface")
SECRETS = ("sk-test", "hf_test", "ya29.test", "BEGIN PRIVATE KEY")
MODULES = {"together": "together", "google": "google.genai", "huggingface": "huggingface_hub"}


@cache
def _private_key() -> str:
    """A key of this test run: the official library really signs with it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def allow_the_loopback_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests keep the hub's library off the network; the loopback provider is not the network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def settings(kind: str, url: str, folder: Path) -> dict[str, str]:
    """Environment variables for the backend `kind` at `url`."""
    if kind == "together":
        return {"TOGETHER_API_KEY": "sk-test", "TOGETHER_BASE_URL": f"{url}/v1"}
    if kind == "huggingface":
        return {"HF_TOKEN": "hf_test", "HF_ENDPOINT": url}
    account = folder / "service-account.json"
    account.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "p",
                "private_key_id": "1",
                "private_key": _private_key(),
                "client_email": "advisor@p.iam.gserviceaccount.com",
                "client_id": "1",
                "token_uri": f"{url}/token",
            }
        )
    )
    return {
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
        "GOOGLE_CLOUD_PROJECT": "p",
        "GOOGLE_CLOUD_LOCATION": "us-central1",
        "ADVISOR_GOOGLE_BUCKET": "gs://bucket/data",
        "GOOGLE_VERTEX_BASE_URL": url,
        "STORAGE_EMULATOR_HOST": url,
    }
