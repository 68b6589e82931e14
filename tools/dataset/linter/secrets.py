"""Finding secrets and personal data in text: a pattern first, then what a checksum or a range can say against it."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from knowledge.secrets import secret_patterns
from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Check, Found


class Hit(NamedTuple):
    """One secret in a text."""

    name: str
    title: str
    start: int
    end: int
    masked: str


def luhn(digits: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if len(set(digits)) < 2 or not luhn(digits):
        return False
    head, size = int(digits[:4]), len(digits)
    return (
        (digits[0] == "4" and size in (13, 16, 19))
        or (size == 16 and (5100 <= head <= 5599 or 2221 <= head <= 2720 or head == 6011 or 6440 <= head <= 6599))
        or (size == 16 and 3528 <= head <= 3589)
        or (size == 15 and digits[:2] in ("34", "37"))
        or (size == 14 and digits[:2] in ("36", "38"))
    )


def _iban(text: str) -> bool:
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34 or not any(c.isdigit() for c in plain[4:]):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _ssn(text: str) -> bool:
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 9 <= len(digits) <= 15 and len(set(digits)) > 2


def _mixed(text: str) -> bool:
    """A key drawn at random has digits and both cases; a word with dashes has not."""
    return any(c.isdigit() for c in text) and any(c.isupper() for c in text) and any(c.islower() for c in text)


_MESSAGE_ID = re.compile(r"[\d.]{14,}@")


def _email(text: str) -> bool:
    if _MESSAGE_ID.match(text):  # the id of a message, not the address of a person
        return False
    return not text.lower().endswith((".png", ".jpg", ".gif", ".svg", ".py", ".js", ".html", ".md"))


def _password(text: str) -> bool:
    return not re.search(r"://(user|username|name|login)?:(pass|password|pwd|secret|port)[^@]{0,2}@", text, re.I)


CHECKS: dict[str, Callable[[str], bool]] = {
    "card": _card,
    "iban": _iban,
    "ssn": _ssn,
    "phone": _phone,
    "mixed": _mixed,
    "email": _email,
    "password": _password,
}


@cache
def _compiled(group: str) -> tuple[tuple[str, str, "re.Pattern[str]", Callable[[str], bool] | None], ...]:
    return tuple(
        (name, p.title, re.compile(p.pattern, re.ASCII), CHECKS[p.check] if p.check else None)
        for name, p in secret_patterns()[group].items()
    )


def triggers(group: str) -> tuple[bytes, ...]:
    """The group's patterns for the filter over raw lines."""
    return tuple((p.filter or p.pattern).encode() for p in secret_patterns()[group].values())


def hits(text: str, group: str) -> Iterator[Hit]:
    """Every secret of a group in a text."""
    for name, title, pattern, passes in _compiled(group):
        for found in pattern.finditer(text):
            before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 2]
            if group in ("payment_card", "phone", "identity") and (
                before in (".", "-", "/", "=") or re.match(r"[.\-/]\d", after)
            ):
                continue  # part of a longer number, a version, an address
            if passes is None or passes(found[0]):
                yield Hit(name, title, found.start(), found.end(), mask(found[0], name))


def mask(text: str, name: str) -> str:
    """What may be shown of a secret: enough to find it again, not enough to use it."""
    if name == "email":
        user, _, host = text.partition("@")
        return f"{user[:1]}…@{host}"
    if name == "private_key":
        return text
    if name in ("credit_card", "ssn", "iban", "phone_international", "phone_us"):
        return f"{'•' * 6}{text[-2:]}"
    return f"{text[:4]}…({len(text)} characters)"


def checker(group: str) -> Check:
    """The check of a rule for one group: one find per example and kind, masked."""

    def check(example: Example, context: Context) -> Iterator[Found]:
        for place, text in _texts(example):
            for hit in hits(text, group):
                yield Found(f"the text holds {hit.title}", place, hit.masked, offer="mask")

    return check


def _texts(example: Example) -> Iterator[tuple[str, str]]:
    yield from example.texts()
    for turn in example.all_turns:
        for index, call in enumerate(turn.tool_calls):
            function = call.get("function") if isinstance(call, dict) else None
            arguments = function.get("arguments") if isinstance(function, dict) else None
            if isinstance(arguments, str):
                yield f"{turn.place}.tool_calls[{index}]", arguments


def masked(text: str) -> str:
    """The text with every secret replaced by what it is."""
    for group in secret_patterns():
        kept, at = [], 0
        for hit in sorted(hits(text, group), key=lambda h: (h.start, -h.end)):
            if hit.start >= at:
                kept += [text[at : hit.start], f"<{SHORT[group]}>"]
                at = _end(text, hit.end, group)
        text = "".join([*kept, text[at:]])
    return text


SHORT = {
    "credential": "key",
    "private_key": "private key",
    "payment_card": "card",
    "email": "e-mail",
    "phone": "telephone",
    "identity": "account number",
}


def _end(text: str, end: int, group: str) -> int:
    """Where a secret ends: a key may be longer than what proves it; a private key ends with its END line."""
    if group == "credential":
        return re.compile(r"[A-Za-z0-9_+/=.-]*").match(text, end).end()  # type: ignore[union-attr]
    if group == "private_key":
        found = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----").search(text, end)
        return found.end() if found else len(text)
    return end
