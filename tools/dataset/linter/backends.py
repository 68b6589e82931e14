"""One dataset, every backend: who takes the file as it is, after a repair, or not, and why."""

from collections.abc import Sequence

from knowledge.backends import Backend, backends
from tools.dataset.formats import BY_NAME
from tools.dataset.linter.context import Context
from tools.dataset.linter.whole import Whole
from tools.dataset.records import BackendVerdict, Finding

# Decided per backend from its own limits, whatever the rule said without one.
_OWN = {"FT213", "FT404", "FT701", "FT703", "FT704", "FT705", "FT706"}


def backend_table(whole: Whole, context: Context, findings: Sequence[Finding]) -> list[BackendVerdict]:
    """A verdict per backend."""
    if context.format is None or context.technique is None:
        return []
    errors = [f for f in findings if f.severity == "error" and f.rule not in _OWN and f.file == whole.source.name]
    return [_verdict(name, b, whole, context, errors, findings) for name, b in backends().items()]


def _verdict(
    name: str, backend: Backend, whole: Whole, context: Context, errors: list[Finding], findings: Sequence[Finding]
) -> BackendVerdict:
    hard = sorted({f.rule for f in errors if not f.fixable})
    soft = sorted({f.rule for f in errors if f.fixable})
    stops = [f"the errors of {', '.join(hard)}"] if hard else []
    repairs = [f"--fix for {', '.join(soft)}"] if soft else []
    _format(backend, context, stops, repairs)
    _limits(backend, whole, context, stops)
    extra = next((f for f in findings if f.rule == "FT213"), None)
    if extra is not None and backend.extra_keys == "rejected":
        repairs.append(f"remove the extra keys ({extra.count})")
    if context.technique in backend.validation_required and "validation" not in whole.others:
        repairs.append("add a validation file")
    verdict = "no" if stops else "after_fix" if repairs else "as_is"
    return BackendVerdict(provider=name, title=backend.title, verdict=verdict, reasons=[*stops, *repairs])


def _format(backend: Backend, context: Context, stops: list[str], repairs: list[str]) -> None:
    assert context.format is not None
    assert context.technique is not None
    taken = backend.formats.get(context.technique)
    if taken is None:
        stops.append(f"{context.technique} is not offered")
        return
    if context.format.name in taken:
        return
    able = [n for n in taken if (f := BY_NAME.get(n)) and f.write and f.shape == context.format.shape]
    if able:
        repairs.append(f"finetune-advisor convert --to {able[0]}")
    else:
        stops.append(f"takes {', '.join(taken)}, which this file cannot become")


def _limits(backend: Backend, whole: Whole, context: Context, stops: list[str]) -> None:
    n = whole.examples
    if n < backend.min_examples:
        stops.append(f"{n} examples, at least {backend.min_examples} needed")
    most = backend.max_examples.get(context.technique or "")
    if most is not None and n > most:
        stops.append(f"{n:,} examples, at most {most:,} taken")
    if backend.max_file_bytes is not None and whole.source.size > backend.max_file_bytes:
        stops.append(f"{whole.source.size / 1e6:,.0f} MB, at most {backend.max_file_bytes / 1e6:,.0f} MB taken")
    limit = backend.max_tokens_per_example
    if limit is not None:
        over = sum(t > limit for t in whole.survey.tokens)
        if over:
            stops.append(f"{over} examples over {limit:,} tokens")
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
