"""What `evals run` and `ladder` share: options that name a model at an address, the grader, text from a file."""

import os
from pathlib import Path
from typing import Any, TypeVar

import click

from tools.errors import InputError
from tools.named import reason

Command = TypeVar("Command")


def endpoint_options(command: Command) -> Command:
    """The options that name a model at an address."""
    for option in (
        click.option("--local", is_flag=True, help="Measure a model of the local engine."),
        click.option("--key-env", help="Variable that holds the key; without it, ADVISOR_API_KEY or OPENAI_API_KEY."),
        click.option("--base-url", help="OpenAI-compatible address; without it, ADVISOR_BASE_URL."),
        click.option("--model", help="Model to measure; without it, ADVISOR_MODEL."),
    ):
        command = option(command)  # type: ignore[type-var]
    return command


def endpoint(given: dict[str, Any]) -> Any:
    """The endpoint that the options name (tools.endpoint.Endpoint).

    Raises:
        InputError: too little is given.
        UnavailableError: the local engine does not start.
    """
    from pydantic import SecretStr

    from tools.endpoint import Endpoint

    model = given["model"] or os.environ.get("ADVISOR_MODEL")
    if given["local"]:
        from tools.engine import control

        return control.endpoint(model=given["model"] or "")
    base_url = given["base_url"] or os.environ.get("ADVISOR_BASE_URL")
    if not base_url or not model:
        raise InputError(
            "no model to measure is set",
            remedy="Give --model and --base-url (or ADVISOR_MODEL and ADVISOR_BASE_URL), or --local.",
        )
    names = (given["key_env"],) if given["key_env"] else ("ADVISOR_API_KEY", "OPENAI_API_KEY")
    key = next((os.environ[n] for n in names if os.environ.get(n)), None)
    if given["key_env"] and not key:
        raise InputError("the variable is not set", where=given["key_env"], remedy="Set it to the endpoint's key.")
    return Endpoint(base_url=base_url, model=model, api_key=SecretStr(key or "none"))


def grader(given: str | None, dataset: Path) -> Any:
    """The grader that an option names, or the one the data suggests.

    Raises:
        InputError: there is no such grader, or no rule can score the data.
    """
    if given and given != "label":
        return grader_given(given)
    from tools.evals.graders.propose import propose_grader

    proposal = propose_grader(dataset)
    if given:
        return proposal.grader if proposal.kind == "labels" else grader_given(given)
    if proposal.grader is None:
        raise InputError(
            "no rule can score these targets: they are free text",
            where=dataset.name,
            remedy="Choose one with --grader; similarity measures how alike the words are, which is not quality.",
        )
    click.echo(f"Grader: {proposal.grader.type}. {proposal.why}", err=True)
    return proposal.grader


def grader_given(given: str) -> Any:
    """A grader from its name, its JSON, or @FILE: JSON, or a Python file that defines grade(sample, item).

    Raises:
        InputError: there is no such grader or file, or a setting is wrong.
    """
    from tools.evals.graders import parse_grader

    text = text_or_file(given) or ""
    if given.startswith("@") and given.endswith(".py"):
        return parse_grader({"type": "python", "source": text})
    return parse_grader(text)


def text_or_file(text: str | None) -> str | None:
    """An option's text; of @FILE, the file's.

    Raises:
        InputError: the file cannot be read.
    """
    if text and text.startswith("@"):
        try:
            return Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as e:
            raise InputError(
                f"it cannot be read ({reason(e)})", where=text[1:], remedy="Check the path after @."
            ) from None
    return text
