"""Sending one text to many addresses, through Apprise. The only file that imports it."""

from pydantic import SecretStr

from tools.errors import UnavailableError

TITLE = "Finetune Advisor"
SECONDS = 8


def send(text: str, to: tuple[SecretStr, ...]) -> list[int]:
    """Send once to each address.

    Returns:
        The places in `to`, from 1, that did not take it.

    Raises:
        UnavailableError: the optional part is not installed.
    """
    try:
        import apprise
    except ModuleNotFoundError:
        raise UnavailableError(
            "sending notices needs a package that is not installed", remedy="requirements/install add notify"
        ) from None
    failed = []
    for number, address in enumerate(to, start=1):
        one = apprise.Apprise()
        taken = one.add(_with_times(address.get_secret_value())) and one.notify(
            title=TITLE, body=text, body_format=apprise.NotifyFormat.TEXT
        )
        if not taken:
            failed.append(number)
    return failed


def _with_times(address: str) -> str:
    """An address that answers slowly must not hold up the watching of jobs."""
    if "cto=" in address or "rto=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}cto={SECONDS / 2}&rto={SECONDS / 2}"
