"""What the docs take from the code: everything between `<!-- made: WHAT -->` and `<!-- end -->` is written by this.

`make docs`, or `.venv/bin/python docs/make.py`. A test holds that nothing is out of date.
"""

import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import click

HERE = Path(__file__).parent
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from knowledge import prices  # noqa: E402
from knowledge.load import read  # noqa: E402
from knowledge.sources import sources  # noqa: E402
from knowledge.thresholds import Threshold  # noqa: E402

BLOCK = re.compile(r"(<!-- made: ([\w-]+)(?: ([\w-]+))? -->\n).*?(<!-- end -->)", re.S)
MOST_BASES = 8
CELLS = ("training_per_1m", "training_per_hour", "hosting_per_hour", "tuned_input_per_1m", "tuned_output_per_1m")
HEADS = {
    "training_per_1m": "training, 1M tokens",
    "training_per_hour": "training, hour",
    "hosting_per_hour": "deployed, hour",
    "tuned_input_per_1m": "asking, 1M tokens in",
    "tuned_output_per_1m": "1M out",
}


PLAIN = {
    "str": "text", "bool": "yes or no", "float": "number", "int": "whole number", "Path": "path", "dict": "object",
}  # fmt: skip


def commands() -> Iterator[str]:
    """Every command with its options."""
    from ui.cli.main import cli

    context = click.Context(cli, info_name="finetune-advisor")
    for name in cli.list_commands(context):
        found = cli.get_command(context, name)
        assert found is not None
        yield from _command(found, f"finetune-advisor {name}", 2)


def _command(command: click.Command, path: str, depth: int) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    if isinstance(command, click.Group):
        yield f"{'#' * depth} `{path}`\n\n{_words(command.help)}\n"
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _command(found, f"{path} {name}", depth + 1)
        return
    usage = " ".join(command.collect_usage_pieces(context)[1:])
    yield f"{'#' * depth} `{' '.join([path, usage]).strip()}`\n\n{_words(command.help)}\n"
    records = [p.get_help_record(context) for p in command.params if p.name != "help"]
    rows = [r for r in records if r and (r[1] or r[0].startswith("-"))]
    if rows:
        yield "| option | what |\n|---|---|\n" + "".join(f"| `{_cell(o)}` | {_cell(h)} |\n" for o, h in rows)


def mcp_tools() -> Iterator[str]:
    """Every tool of the MCP door with its arguments."""
    from ui.mcp.tools import TOOLS

    for tool in TOOLS.values():
        kind = "reads only" if tool.read_only else "writes into the home folder"
        yield f"### `{tool.name}`\n\n{tool.description} ({kind}.)\n"
        rows = [
            f"| `{n}` | {_type(f.annotation)}{'' if f.is_required() else ', optional'} | {_said(f)} |\n"
            for n, f in tool.args.model_fields.items()
        ]
        if rows:
            yield "| argument | type | what |\n|---|---|---|\n" + "".join(rows)


def thresholds() -> Iterator[str]:
    """Every number a rule compares with."""
    for path in sorted((HERE.parent / "knowledge" / "thresholds").glob("*.yaml")):
        found = read(f"thresholds/{path.name}", dict[str, Threshold])
        yield f"## {path.stem}\n"
        lines = ["| number | value | why | source |", "|---|---|---|---|"]
        for name, t in found.items():
            value = f"{_number(t.value)} {_cell(t.unit)}"
            lines.append(f"| `{name.removeprefix(f'{path.stem}.')}` | {value} | {_cell(t.why)} | {_source(t.source)} |")
        yield "\n".join(lines) + "\n"


def rules() -> Iterator[str]:
    """Every rule of the linter by group."""
    from tools.dataset.linter.manual import manual
    from tools.dataset.linter.rule import GROUPS, all_rules

    for prefix, name in GROUPS.items():
        lines = [f"### {name[0].upper()}{name[1:]}", ""]
        lines += ["| rule | severity | what | what to do |", "| --- | --- | --- | --- |"]
        for rule in all_rules():
            if rule.id.startswith(prefix):
                page = manual(rule.id)
                lines.append(f"| {rule.id} | {rule.severity} | {_cell(page.title)} | {_cell(page.remedy)} |")
        yield "\n".join(lines) + "\n"


def graders() -> Iterator[str]:
    """Every grader with its settings."""
    from tools.evals.graders import Grader

    kinds = get_args(get_args(Grader)[0])
    for kind in kinds:
        name = kind.model_fields["type"].default
        yield f"## `{name}`\n\n{_words(kind.__doc__)}\n"
        rows = [
            f"| `{n}` | {_type(f.annotation)} | {_default(f)} |\n" for n, f in kind.model_fields.items() if n != "type"
        ]
        if rows:
            yield "| setting | type | default |\n|---|---|---|\n" + "".join(rows)


def needs(provider: str) -> Iterator[str]:
    """What the provider asks of an organisation and of a file."""
    found = prices.provider(provider)
    yield "".join(f"- {e.text} Otherwise: {e.otherwise} {_read(e)}\n" for e in found.eligibility)
    if found.limits:
        cited = " ".join(dict.fromkeys(_read(x) for x in found.limits))
        yield f"Limits of a file: {'; '.join(x.text.rstrip('.') for x in found.limits)}. {cited}\n"


def costs(provider: str) -> Iterator[str]:
    """How a job is charged, and the figures of the bases that have one."""
    found = prices.provider(provider)
    yield f"{found.billing.text} {_read(found.billing)}\n"
    tier = found.default_tier
    rows = []
    for name, model in found.models.items():
        held = {w: p for w in CELLS if (p := model.price(w, tier, next(iter(model.techniques), None))) is not None}
        if model.techniques and any(w.startswith("training") for w in held):
            rows.append((name, model, held))
    rows = rows[:MOST_BASES]
    shown = [w for w in CELLS if any(w in held for _, _, held in rows)]
    where = f" ({found.tiers[tier].title} tier)" if tier else ""
    if rows:
        lines = [
            f"| base{where} | {' | '.join(HEADS[w] for w in shown)} | ends | read |",
            f"|{'---|' * (len(shown) + 3)}",
        ]
        for name, model, held in rows:
            sums = " | ".join(_usd(held.get(w), w, held) for w in shown)
            lines.append(f"| `{name}` | {sums} | {model.inference_ends or 'no date'} | {_days(held)} |")
        yield "\n".join(lines) + "\n"
        if any(p.confidence == "secondary" for _, _, held in rows for p in held.values()):
            yield "\\* somebody else's note of the provider's page: check it there first.\n"
    elif found.billing.by in ("tokens", "not_offered"):
        yield "No published price of training was found: it is unknown, and a plan needs a ceiling that you name.\n"
    rented = [(n, h, p) for n, h in found.hardware.items() if (p := h.price("gpu_per_hour")) is not None]
    if rented:
        lines = ["| machine | an hour | read |", "|---|---|---|"]
        lines += [f"| `{n}`, {h.title} | {_usd(p)} | {p.checked_on} |" for n, h, p in rented]
        yield "\n".join(lines) + "\n"
    if found.portability:
        yield f"{found.portability.text} {_read(found.portability)}\n"
    yield f"`finetune-advisor catalogue show {provider}` has every figure with its source.\n"


def deploy(backend: str) -> Iterator[str]:
    """How a tuned model is put to work there, and how to go back."""
    ways = read("../tools/jobs/deployment/ways.yaml", dict[str, Any])[backend]
    holes = {"model": "MODEL", "base": "BASE", "name": "NAME", "job": "JOB"}
    told = [*ways["deploy"], *([ways["caution"]] if "caution" in ways else [])]
    yield "".join(f"- {_shell(line.format(**holes))}\n" for line in told)
    yield "Back again:\n\n" + "".join(f"- {_shell(line.format(**holes))}\n" for line in ways["undo"])
    read_on = f"{_source(ways['source'])}, read {ways['read_on']}"
    yield f"({read_on}; `finetune-advisor jobs deploy JOB` says it with your model's name.)\n"


MAKERS: dict[str, Callable[..., Iterator[str]]] = {
    "commands": commands,
    "mcp": mcp_tools,
    "thresholds": thresholds,
    "rules": rules,
    "graders": graders,
    "needs": needs,
    "costs": costs,
    "deploy": deploy,
}


def _words(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").replace("\b", "").split("\n\n")).strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _shell(line: str) -> str:
    """A line of ways.yaml; where it is a command, as one."""
    return f"`{line}`" if re.fullmatch(r"(az|tg|hf) [^.,]* --[^.,]*", line) and " says " not in line else line


def _type(kind: Any) -> str:
    """A field's type in words."""
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_type(a) for a in get_args(kind) if a is not type(None))
    if str(get_origin(kind)).endswith("Literal'>") or "Literal" in str(get_origin(kind)):
        return ", ".join(f"`{a}`" for a in get_args(kind))
    if get_origin(kind) in (tuple, list):
        return "list"
    name = getattr(get_origin(kind) or kind, "__name__", str(kind))
    return PLAIN.get(name, name)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _said(field: Any) -> str:
    return _cell(field.description or "")


def _default(field: Any) -> str:
    return "wanted" if field.is_required() else f"`{field.get_default(call_default_factory=True)!r}`"


def _usd(price: Any, what: str = "", beside: Any = ()) -> str:
    if price is None and what.startswith("training") and any(w.startswith("training") for w in beside):
        return "no"  # it is charged the other way
    if price is None:
        return "unknown"
    star = "\\*" if price.confidence == "secondary" else ""
    high = f" to {price.usd_high:f}" if price.usd_high != price.usd else ""
    return f"${price.usd:f}{high}{star}"


def _days(held: dict[str, Any]) -> str:
    days = sorted({str(p.checked_on) for p in held.values()})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _source(key: str) -> str:
    found = sources().get(key)
    if found is None:
        return key
    return f"[{_cell(found.title)}]({found.url})" if found.url else _cell(found.title)


def _read(said: Any) -> str:
    return f"({_source(said.source)}, {said.checked_on})"


def made(text: str) -> str:
    """The page with its blocks written anew."""

    def block(match: re.Match[str]) -> str:
        begin, what, of, end = match.groups()
        return f"{begin}\n" + "\n".join(MAKERS[what](*([of] if of else []))).rstrip() + f"\n\n{end}"

    return BLOCK.sub(block, text)


def main() -> None:
    """Write every page that takes something from the code."""
    for page in sorted(HERE.rglob("*.md")):
        old = page.read_text(encoding="utf-8")
        if (new := made(old)) != old:
            page.write_text(new, encoding="utf-8")
            print(page.relative_to(HERE.parent))  # noqa: T201


if __name__ == "__main__":
    main()
