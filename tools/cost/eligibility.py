"""Whether an organisation may tune, before anyone labels data: the provider's rules, and one harmless read with a key.

The read lists at most one fine-tuning job. It starts nothing and costs nothing. A refusal to *create* a job
(403 with the code training_not_available) cannot be provoked without trying to buy one, so a read that succeeds is a
good sign and no promise.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.cost.catalogue import find_provider
from tools.errors import InputError, UnavailableError

REFUSAL = "training_not_available"


class Requirement(BaseModel):
    """One thing the organisation must have."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    otherwise: str
    source: str


class EligibilityReport(BaseModel):
    """What is asked for, and what a read with the key said."""

    model_config = ConfigDict(frozen=True)

    provider: str
    requirements: tuple[Requirement, ...]
    verdict: Literal["yes, as far as can be seen", "no", "not known"]
    said: str
    """What the read answered; that nothing was asked when no key was given."""
    next_route: str


def requirements(provider: str) -> tuple[Requirement, ...]:
    """What the provider asks for.

    Raises:
        InputError: the provider is not known.
    """
    return tuple(
        Requirement(id=x.id, text=x.text, otherwise=x.otherwise, source=x.source)
        for x in find_provider(provider).eligibility
    )


def eligibility(provider: str, *, base_url: str | None = None, api_key: str | None = None) -> EligibilityReport:
    """The rules, and with a key and address one read of the fine-tuning jobs.

    Args:
        provider: id or alias.
        base_url: the API's address up to and with the version, such as https://api.openai.com/v1.
        api_key: sent as a bearer token, never stored or shown.

    Raises:
        InputError: the provider is not known, or the key is not accepted.
        UnavailableError: the address did not answer, or not as such an API does.
    """
    where = find_provider(provider)
    verdict: Literal["yes, as far as can be seen", "no", "not known"] = "not known"
    said = "No key was given, so nothing was asked."
    if where.status == "ended":
        verdict, said = "no", where.summary
    elif base_url and api_key:
        verdict, said = _ask(where.id, base_url, api_key)
    return EligibilityReport(
        provider=where.id,
        requirements=requirements(where.id),
        verdict=verdict,
        said=said,
        next_route=where.next_route,
    )


def _ask(
    provider: str, base_url: str, api_key: str
) -> tuple[Literal["yes, as far as can be seen", "no", "not known"], str]:
    import httpx

    address = base_url.rstrip("/") + "/fine_tuning/jobs"
    try:
        answer = httpx.get(address, params={"limit": 1}, headers={"Authorization": f"Bearer {api_key}"}, timeout=20)
    except httpx.HTTPError as e:
        raise UnavailableError(
            f"it did not answer ({type(e).__name__})", where=address, remedy="Check the address, or try later."
        ) from None
    if answer.status_code == 401:
        raise InputError("the key is not accepted (401)", where=address, remedy="Check the key and its project.")
    try:
        body = answer.json()
    except ValueError:
        body = None
    code = _code(body)
    if answer.status_code == 403:
        why = f"403, {code}" if code else "403"
        if code == REFUSAL:
            return "no", f"The organisation may not start fine-tuning jobs ({why})."
        return "not known", f"The key may not read fine-tuning jobs ({why}); ask for a key that may."
    if answer.status_code == 404:
        return "no", "There is no fine-tuning at this address (404)."
    if answer.status_code != 200 or not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise UnavailableError(
            f"it answered {answer.status_code}, not a list of jobs", where=address, remedy="Check the address."
        )
    if body["data"]:
        return "yes, as far as can be seen", "This project has run a fine-tuning job before."
    if provider == "openai":
        return "no", "This project has no fine-tuning job; an organisation that never tuned may start none."
    return (
        "not known",
        "The key may read fine-tuning jobs and there is none yet; whether one may be started is not said.",
    )


def _code(body: object) -> str | None:
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None
