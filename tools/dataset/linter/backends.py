"""One dataset, every backend: who takes the file as it is, after a repair, or not, and why; and which bases there."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from knowledge.backends import Backend, backends
from knowledge.price_records import Model
from knowledge.prices import providers
from tools.dataset.formats import BY_NAME
from tools.dataset.linter.context import Context
from tools.dataset.linter.whole import Whole
from tools.dataset.records import BackendVerdict, Finding

TOOL_FORMATS = {"openai_chat", "openai_dpo", "openai_rft", "gemini"}
"""Formats that tools are carried over into."""
# Decided per backend from its own limits, whatever the rule said without one.
_OWN = {"FT213", "FT403", "FT404", "FT701", "FT703", "FT704", "FT705", "FT706"}


def backend_table(whole: Whole, context: Context, findings: Sequence[Finding]) -> list[BackendVerdict]:
    """A verdict per backend."""
    if context.format is None or context.technique is None:
        return []
    errors = [f for f in findings if f.severity == "error" and f.rule not in _OWN and f.file == whole.source.name]
    return [_verdict(name, b, whole, context, errors, findings) for name, b in backends().items()]


def _verdict(
    name: str, backend: Backend, whole: Whole, context: Context, errors: list[Finding], findings: Sequence[Finding]
) -> BackendVerdict:
    where = providers()[name]
    if where.status == "ended":
        return BackendVerdict(provider=name, title=backend.title, verdict="no", reasons=[_sentence(where.summary)])
    hard = sorted({f.rule for f in errors if not f.fixable})
    soft = sorted({f.rule for f in errors if f.fixable})
    stops = [f"the errors of {', '.join(hard)}"] if hard else []
    repairs = [f"--fix for {', '.join(soft)}"] if soft else []
    _format(backend, whole, context, stops, repairs)
    _limits(backend, whole, context, stops)
    taken, others = _models(backend, where.models, whole, context)
    if others and not taken:
        stops.append("no base there takes it: " + "; ".join(dict.fromkeys(others.values())))
    elif where.models and not taken and not stops:
        stops.append(f"no base that can be tuned there now is tuned by {context.technique}")
    extra = next((f for f in findings if f.rule == "FT213"), None)
    if extra is not None and backend.extra_keys == "rejected":
        repairs.append(f"remove the extra keys ({extra.count:,})")
    if whole.survey.with_tools and not backend.tools and not stops:
        stops.append("tools are not taken")
    if context.technique in backend.validation_required and "validation" not in whole.others:
        repairs.append("add a validation file")
    return BackendVerdict(
        provider=name,
        title=backend.title,
        verdict="no" if stops else "after_fix" if repairs else "as_is",
        reasons=[*stops, *repairs, *([_sentence(where.summary)] if where.status != "open" else [])],
        models=taken if not stops else [],
        other_models=others,
    )


def _sentence(summary: str) -> str:
    first = summary.split(". ", 1)[0].rstrip(".")
    return first[:1].lower() + first[1:]


def _format(backend: Backend, whole: Whole, context: Context, stops: list[str], repairs: list[str]) -> None:
    assert context.format is not None
    assert context.technique is not None
    taken = backend.formats.get(context.technique)
    if taken is None:
        stops.append(f"{context.technique} is not offered")
        return
    if context.format.name in taken:
        return
    able = [n for n in taken if (f := BY_NAME.get(n)) and f.write and f.shape == context.format.shape]
    if not able:
        stops.append(f"takes {', '.join(taken)}, which this file cannot become")
    elif whole.survey.with_tools and able[0] not in TOOL_FORMATS:
        stops.append(f"takes {able[0]}, into which tools are not converted")
    elif not whole.survey.images or backend.images is None:
        repairs.append(f"finetune-advisor convert --to {able[0]}")


def _models(
    backend: Backend, known: dict[str, Model], whole: Whole, context: Context
) -> tuple[list[str], dict[str, str]]:
    """(bases that take the file, the others for the technique -> why not)."""
    today = datetime.now(UTC).date()
    taken: list[str] = []
    others: dict[str, str] = {}
    for name, model in _tuned_by(known, context.technique or ""):
        ended = next((d for d in (model.ended_on, model.training_ends) if d and d <= today), None)
        limit = backend.most_tokens(context.technique, model.train_max_tokens or model.context_tokens)
        over = sum(t > limit for t in whole.survey.tokens) if limit else 0
        if ended is not None:
            others[name] = f"closed to new jobs since {ended}"
        elif over:
            others[name] = f"{over:,} {'example' if over == 1 else 'examples'} over {limit:,} tokens"
        else:
            taken.append(name)
    return taken, others


def _tuned_by(known: dict[str, Model], technique: str) -> Iterator[tuple[str, Model]]:
    # Where no base is listed for images apart, the bases for text are meant: the source does not divide them.
    by_images = any("vision_sft" in m.techniques for m in known.values())
    wanted = "sft" if technique == "vision_sft" and not by_images else technique
    yield from ((name, m) for name, m in known.items() if wanted in m.techniques)


def _limits(backend: Backend, whole: Whole, context: Context, stops: list[str]) -> None:
    n = whole.examples
    least = backend.least(context.technique)
    if n < least:
        stops.append(f"{n} examples, at least {least} needed")
    most = backend.max_examples.get(context.technique or "")
    if most is not None and n > most:
        stops.append(f"{n:,} examples, at most {most:,} taken")
    if backend.max_file_bytes is not None and whole.source.size > backend.max_file_bytes:
        stops.append(f"{whole.source.size / 1e6:,.0f} MB, at most {backend.max_file_bytes / 1e6:,.0f} MB taken")
    if whole.survey.images and backend.images is None:
        stops.append("images are not taken")
    elif whole.survey.images and backend.images is not None:
        wrong = sorted(whole.survey.image_addresses - set(backend.images.addresses))
        if wrong:
            stops.append(f"images by {', '.join(wrong)}; taken are {', '.join(backend.images.addresses)}")
        if backend.images.per_example is not None and whole.survey.most_images > backend.images.per_example:
            stops.append(
                f"{whole.survey.most_images} images in one example, at most {backend.images.per_example} taken"
            )
