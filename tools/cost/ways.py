"""The ways a thing can be done, each still exact: people's hours once, a month of service, a request."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from tools.cost.book import Book, plain
from tools.cost.catalogue import Offer, find_offer
from tools.cost.figures import all_providers
from tools.cost.inference import per_request
from tools.cost.labour import hourly_rate
from tools.cost.money import Amount, Range, Unknown, exactly
from tools.cost.workings import Workings, work_out
from tools.errors import AdvisorError

Key = Literal[
    "nothing",
    "better_prompt",
    "few_shot",
    "retrieval",
    "newer_base",
    "tuned_here",
    "tuned_short",
    "tuned_elsewhere",
    "local",
]


@dataclass(frozen=True)
class Way:
    """An arm still exact: people's hours once, a month of service, a request."""

    key: Key
    title: str
    once: Amount
    month: Amount
    unit: Amount
    ends: date | None = None
    note: str = ""


def untuned(w: Workings, book: Book) -> Iterator[Way]:
    """Ways without training, on today's model."""
    v, now = w.volume, w.now
    rate = hourly_rate(w.request, book)
    today = w.base
    free = exactly(0)
    share = w.request.cached_share if w.request.baseline_cached_share is None else w.request.baseline_cached_share
    yield Way(
        "nothing", f"Go on as today ({now.name})", free, free, today, now.model.base_ends or now.model.inference_ends
    )
    yield Way(
        "better_prompt",
        "A better prompt",
        book.default("better_prompt_hours", "hours") * rate,
        free,
        today,
        now.model.base_ends or now.model.inference_ends,
        "people's time once; the prompt's length is taken as today's",
    )
    shots = book.default("few_shot_examples", "examples").expected
    passages = book.default("retrieved_tokens", "tokens of passages a request").expected
    if isinstance(v.prompt_tokens, Range) and isinstance(v.completion_tokens, Range):
        one = (
            v.prompt_tokens if v.shared_tokens is None else _less(v.prompt_tokens, v.shared_tokens)
        ) + v.completion_tokens
        fixed = one * shots
        longer = _plus(v.baseline_prompt_tokens, fixed)
        yield Way(
            "few_shot",
            f"{plain(shots)} examples in the prompt, cached",
            book.default("few_shot_hours", "hours") * rate,
            free,
            _unit(now, longer, v.baseline_completion_tokens, book, _share(now, fixed, longer)),
            now.model.base_ends or now.model.inference_ends,
            f"{plain(fixed.expected.quantize(Decimal(1)))} tokens of examples, cached where the provider caches",
        )
    yield Way(
        "retrieval",
        "Retrieval",
        book.default("retrieval_hours", "hours") * rate,
        free,
        _unit(
            now,
            _plus(v.baseline_prompt_tokens, exactly(passages)),
            v.baseline_completion_tokens,
            book,
            share,
        ),
        now.model.base_ends or now.model.inference_ends,
        f"{plain(passages)} tokens of passages a request; the index's own hosting is not counted",
    )
    newer = newer_base(w)
    if newer is not None:
        factor = book.default("reasoning_output_factor", "times the output") if newer.model.reasons else exactly(1)
        output = v.baseline_completion_tokens
        longer_output = output if isinstance(output, Unknown) else output * factor
        yield Way(
            "newer_base",
            f"A newer, cheaper base ({newer.name})",
            book.default("better_prompt_hours", "hours") * rate,
            free,
            _unit(newer, v.baseline_prompt_tokens, longer_output, book, share),
            newer.model.inference_ends,
            "it reasons, and bills that as output: 1 to 10 times today's output is assumed; measure it"
            if newer.model.reasons
            else "",
        )


def newer_base(w: Workings) -> Offer | None:
    """The cheapest base of today's provider that serves longer than today's, at this request's lengths."""
    prompt, completion = w.volume.baseline_prompt_tokens, w.volume.baseline_completion_tokens
    best: tuple[Decimal, str, Offer] | None = None
    for name, model in w.now.provider.models.items():
        ends, mine = (m.base_ends or m.inference_ends for m in (model, w.now.model))
        if name == w.now.name or (model.ended_on and model.ended_on <= w.today):
            continue
        if ends is not None and (mine is None or ends <= mine):
            continue
        offer = replace(w.now, name=name, model=model)
        unit = _unit(offer, prompt, completion, Book(), Decimal(0))
        if isinstance(unit, Range) and isinstance(w.base, Range) and 0 < unit.expected < w.base.expected:
            key = (unit.expected, name, offer)
            best = min(best, key, key=lambda x: x[:2]) if best else key
    return best[2] if best else None


def tuned(w: Workings) -> Iterator[tuple[Key, str, Workings]]:
    """Tuned as asked, the same base tuned elsewhere, and on this computer."""
    yield "tuned_here", f"Tuned: {w.offer.label}", w
    short = w.volume.shared_tokens
    if short is not None and isinstance(w.volume.prompt_tokens, Range):
        volume = replace(w.volume, prompt_tokens=_less(w.volume.prompt_tokens, short))
        made = work_out(w.request, w.offer, volume, w.today, w.book)
        yield "tuned_short", "Tuned, the instructions left out", made
    for offer in elsewhere(w.offer, w.today):
        yield "tuned_elsewhere", f"Tuned: {offer.label}", _again(w, offer)
    if w.offer.provider.id != "local":
        here = find_offer("local", "smollm2-135m-instruct", technique=None, tier=None, today=w.today)
        yield "local", f"Tuned: {here.label}", _again(w, here)


def elsewhere(offer: Offer, today: date) -> Iterator[Offer]:
    """The same base at other providers that still tune it by this technique."""
    names = {n.split("/")[-1].lower() for n in (offer.name, *offer.model.aliases)}
    for p in all_providers().values():
        if p.id == offer.provider.id:
            continue
        for name, model in p.models.items():
            if names & {n.split("/")[-1].lower() for n in (name, *model.aliases)}:
                try:
                    yield find_offer(p.id, name, technique=offer.technique, tier=None, today=today)
                except AdvisorError:
                    continue


def _again(w: Workings, offer: Offer) -> Workings:
    keep = w.request.model_copy(
        update={
            "provider": offer.provider.id,
            "model": offer.name,
            "tier": None,
            "baseline_provider": w.now.provider.id,
            "baseline_model": w.now.name,
        }
    )
    return work_out(keep, offer, w.volume, w.today, w.book)


def _unit(offer: Offer, prompt: Amount, completion: Amount, book: Book, share: Decimal | None) -> Amount:
    return per_request(offer, "base", prompt, completion, book, cached_share=share)


def _less(tokens: Range, part: Range) -> Range:
    """What is left without a part that is counted in it."""
    left = max(tokens.expected - part.expected, Decimal(0))
    share = left / tokens.expected if tokens.expected else Decimal(0)
    return tokens * share


def _plus(tokens: Amount, more: Range) -> Amount:
    return tokens if isinstance(tokens, Unknown) else tokens + more


def _share(offer: Offer, fixed: Range, whole: Amount) -> Decimal | None:
    """The fixed examples come first in the prompt, so all of them are cached where the provider caches prompts."""
    floor = offer.provider.billing.caching_from_tokens
    cached = offer.model.price("base_cached_input_per_1m", offer.tier)
    if isinstance(whole, Unknown) or floor is None or cached is None or fixed.expected < floor:
        return Decimal(0)
    return fixed.expected / whole.expected
