"""Whether an organisation may tune, before anyone labels data: the provider's rules, and one harmless read with a key.

The read lists at most one fine-tuning job. It starts nothing and costs nothing. A refusal to *create* a job
(403 with the code training_not_available) cannot be provoked without trying to buy one, so a read that succeeds is a
good sign and no promise.
"""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from knowledge.prices import Provider
from knowledge.sources import source
from tools.cost.catalogue import find_provider
from tools.errors import AdvisorError, InputError, UnavailableError

if TYPE_CHECKING:
    from tools.jobs.backends.openai_wire import WireBackend

Verdict = Literal["yes, as far as can be seen", "no", "not known"]
REFUSAL = "training_not_available"


class Requirement(BaseModel):
    """One thing the organisation must have."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    otherwise: str
    source: str
    """A key of knowledge/sources/."""
    address: str = ""
    """Where that can be read; empty when it has no address."""


class EligibilityReport(BaseModel):
    """What is asked for, and what a read with the key said."""

    model_config = ConfigDict(frozen=True)

    provider: str
    title: str
    requirements: tuple[Requirement, ...]
    verdict: Verdict
    said: str
    """What the read answered; that nothing was asked when no key was given."""
    next_route: str


def requirements(provider: str) -> tuple[Requirement, ...]:
    """What the provider asks for.

    Raises:
        InputError: the provider is not known.
    """
    return tuple(
        Requirement(id=x.id, text=x.text, otherwise=x.otherwise, source=x.source, address=source(x.source).url or "")
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
    if base_url and api_key and where.status != "ended":
        from tools.jobs.backends.openai_wire import WireBackend

        return _with_read(where, WireBackend(where.id, lambda: (base_url, api_key)), base_url)
    said = "Nothing was asked: these are the provider's published rules."
    return _report(where, "not known", said)


def can_ask(provider: str) -> bool:
    """Whether the settings of this computer name a key for the provider, so that `ask` could read with it."""
    try:
        return _configured(provider) is not None
    except AdvisorError:
        return False


def ask(provider: str) -> EligibilityReport:
    """The rules, and one read with the key that the settings name.

    Raises:
        InputError: the provider is not known or cannot be asked so, or the key is not accepted.
        UnavailableError: no key is set, or the provider did not answer.
    """
    where = find_provider(provider)
    backend = _configured(where.id)
    if backend is None:
        raise InputError(f"{where.title} cannot be asked this way", remedy="Its rules are listed; ask it yourself.")
    return _with_read(where, backend, where.title)


def _configured(provider: str) -> "WireBackend | None":
    from tools.jobs.backends.registry import backend

    if provider not in ("openai", "azure"):
        return None
    found: Any = backend(provider)
    return found  # type: ignore[no-any-return]


def _with_read(where: Provider, backend: "WireBackend", address: str) -> EligibilityReport:
    if where.status == "ended":
        return _report(where, "not known", "")
    from tools.jobs.backends.base import BackendError, Missing, Refused

    try:
        tuned_before = backend.any_job()
    except Refused as e:
        status, _, code = e.code.partition(" ")
        if status == "401":
            raise InputError(
                "the key is not accepted (401)", where=address, remedy="Check the key and its project."
            ) from None
        if code == REFUSAL:
            return _report(where, "no", f"The organisation may not start fine-tuning jobs ({status}, {code}).")
        why = f"{status}, {code}" if code else status
        said = f"The key may not read fine-tuning jobs ({why}); ask for a key that may."
        return _report(where, "not known", said)
    except Missing:
        return _report(where, "no", "There is no fine-tuning at this address (404).")
    except BackendError as e:
        raise UnavailableError(e.message, where=address, remedy="Check the address, or try later.") from None
    if tuned_before:
        return _report(where, "yes, as far as can be seen", "This project has run a fine-tuning job before.")
    if where.id == "openai":
        said = "This project has no fine-tuning job; an organisation that never tuned may start none."
        return _report(where, "no", said)
    said = "The key may read fine-tuning jobs and there is none yet; whether one may be started is not said."
    return _report(where, "not known", said)


def _report(where: Provider, verdict: Verdict, said: str) -> EligibilityReport:
    if where.status == "ended":
        verdict, said = "no", where.summary
    return EligibilityReport(
        provider=where.id,
        title=where.title,
        requirements=requirements(where.id),
        verdict=verdict,
        said=said,
        next_route=where.next_route,
    )
