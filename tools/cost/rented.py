"""GPUs by the hour: which one a training needs, for how long, and how many serve the result."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from knowledge.hardware import Shape
from knowledge.prices import Hardware, Price
from tools.cost import hardware as formula
from tools.cost.book import Book, as_range, figure_words, number, plain
from tools.cost.catalogue import Offer
from tools.cost.money import Amount, Range, Unknown
from tools.cost.request import CostRequest
from tools.cost.volume import Volume
from tools.errors import InputError

Purpose = Literal["gpu_per_hour", "serving_per_hour"]
GIB = Decimal(2**30) / Decimal(10**9)


@dataclass(frozen=True)
class Rented:
    """A choice of GPUs and its price an hour each."""

    name: str
    gpu: Hardware
    count: int
    price: Price | None

    @property
    def words(self) -> str:
        """For people: "2 x NVIDIA H100"."""
        return self.gpu.title if self.count == 1 else f"{self.count} x {self.gpu.title}"


def training(request: CostRequest, offer: Offer, volume: Volume, n_epochs: Range, book: Book) -> tuple[Amount, str]:
    """Hours times the rate, hours given or by the formula."""
    shape = _shape(request, offer)
    if isinstance(shape, Unknown):
        return shape, "hours x the GPU's rate"
    parts = formula.memory_parts(
        shape,
        method=request.method,
        rank=16,
        sequence=request.sequence_length,
        batch=request.batch_size,
        recompute=True,
    )
    chosen = choose(request, offer, formula.memory(parts).expected, "gpu_per_hour")
    book.assume("gpu", chosen.words, "given" if request.gpu else "default", f"{_gb(parts)} GB by the formula")
    if chosen.price is None:
        return Unknown(
            f"no hourly price was found for {chosen.gpu.title}: give gpu_usd_per_hour"
        ), "hours x an unknown rate"
    book.use(chosen.price, f"gpu, {chosen.gpu.title}")
    time = _hours(request, chosen, shape, volume, n_epochs, book)
    if isinstance(time, Unknown):
        return time, f"hours on {chosen.words} x {figure_words(chosen.price)}"
    book.hours = (time, "given" if request.training_hours is not None else "by the formula, setting up included")
    spread = plain(time.expected) if time.exact else f"{plain(time.expected)} ({plain(time.low)} to {plain(time.high)})"
    return time * chosen.count * as_range(
        chosen.price
    ), f"{spread} hours on {chosen.words} x {figure_words(chosen.price)}"


def serving(request: CostRequest, offer: Offer, book: Book) -> tuple[Amount, str]:
    """A month of GPUs that serve around the clock."""
    shape = _shape(request, offer)
    if isinstance(shape, Unknown):
        return shape, "hours x the GPU's rate"
    factor = book.default("serving_memory_factor", "times the weights").expected
    weights = shape.parameters_b * number("frozen_bytes_per_parameter") * factor
    apart = any(h.price("serving_per_hour") for h in offer.provider.hardware.values())
    chosen = choose(request, offer, weights, "serving_per_hour" if apart else "gpu_per_hour", serve=True)
    if chosen.price is None:
        return Unknown(
            f"no hourly price was found for {chosen.gpu.title}: give gpu_usd_per_hour"
        ), "hours x an unknown rate"
    book.use(chosen.price, f"gpu, {chosen.gpu.title}")
    month = number("hours_per_month")
    book.assume(
        "serving", chosen.words, "default", "enough memory for the weights; whether it carries the volume is not known"
    )
    return (
        as_range(chosen.price) * month * chosen.count,
        f"{plain(month)} hours on {chosen.words} x {figure_words(chosen.price)}",
    )


def choose(request: CostRequest, offer: Offer, memory_gb: Decimal, what: Purpose, serve: bool = False) -> Rented:
    """The GPUs for a purpose: as few as hold it, of those the cheapest for the work or the hour.

    The GPU asked for is taken for training; for serving too where both are the same hire.

    Raises:
        InputError: there is no GPU of that name.
    """
    known = offer.provider.hardware
    if request.gpu is not None and request.gpu.lower() not in known:
        raise InputError(
            f"{offer.provider.title} has no GPU named {request.gpu!r} here", remedy=f"Known: {', '.join(known)}."
        )
    named = request.gpu is not None and not (serve and what == "serving_per_hour")
    names = [request.gpu.lower()] if named and request.gpu else list(known)
    options = [Rented(n, known[n], _count(known[n], memory_gb), _price(request, known[n], what)) for n in names]
    return min(options, key=lambda o: (o.price is None, o.count, _cost(o, serve), o.gpu.memory_gib, o.name))


def _cost(option: Rented, serve: bool) -> Decimal:
    """USD an hour to serve; USD for the same work to train: dear and fast may be cheaper than cheap and slow."""
    if option.price is None:
        return Decimal("Infinity")
    if serve:
        return option.price.usd * option.count
    return option.price.usd / option.gpu.bf16_tflops if option.gpu.bf16_tflops else Decimal("Infinity")


def _count(gpu: Hardware, memory_gb: Decimal) -> int:
    return max(1, int((memory_gb / (gpu.memory_gib * GIB)).to_integral_value(rounding=ROUND_CEILING)))


def _price(request: CostRequest, gpu: Hardware, what: Purpose) -> Price | None:
    if request.gpu_usd_per_hour is None:
        return gpu.price(what)
    from tools.cost.workings import today_at_the_door

    rate, day = request.gpu_usd_per_hour, request.today or today_at_the_door()
    return Price(
        what="gpu_per_hour", usd=rate, usd_high=rate, unit="hour", source="providers.your_hardware", checked_on=day
    )


def _shape(request: CostRequest, offer: Offer) -> Shape | Unknown:
    try:
        return formula.shape_of(offer.name, request.parameters_b or offer.model.parameters_b)[0]
    except InputError as e:
        return Unknown(f"{e.what}: give parameters_b")


def _hours(
    request: CostRequest, chosen: Rented, shape: Shape, volume: Volume, n_epochs: Range, book: Book
) -> Range | Unknown:
    if request.training_hours is not None:
        book.assume("training_hours", f"{plain(request.training_hours)} hours", "given")
        return Range(request.training_hours, request.training_hours, request.training_hours)
    if request.technique == "rft":
        return Unknown("the time of reinforcement tuning depends on its roll-outs: give training_hours")
    if isinstance(volume.training_tokens, Unknown):
        return volume.training_tokens
    if chosen.gpu.bf16_tflops is None:
        return Unknown(f"the peak of {chosen.gpu.title} is not known: give training_hours")
    peak = Decimal(chosen.gpu.bf16_tflops)
    setup = book.default("gpu_setup_hours", "hours")
    tokens = volume.training_tokens * n_epochs
    share = book.default("utilisation", "of the peak")
    at = [
        formula.hours(formula.operations(shape, t, method=request.method, recompute=True), peak, share)
        for t in (tokens.low, tokens.expected, tokens.high)
    ]
    time = Range(at[0].low, at[1].expected, at[2].high) / chosen.count
    return time + setup


def _gb(parts: dict[str, Decimal]) -> str:
    return plain(sum(parts.values(), Decimal(0)).quantize(Decimal("0.1")))
