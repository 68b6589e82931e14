"""Asking for many completions within a budget: kept by the content of the question, so that nothing is asked twice."""

import hashlib
import json
import time
from decimal import Decimal
from typing import NamedTuple

from tools.endpoint import Completion, Endpoint, Message, RejectedError, in_parallel
from tools.errors import RefusedError, UnavailableError
from tools.evals.store import completions
from tools.progress import Progress

_KEEP_EVERY_SECONDS = 2.0
_PER_MESSAGE_TOKENS = 8
"""What a chat template adds around a message, rounded up."""
Answer = Completion | RejectedError


class Prices(NamedTuple):
    """US dollars per million tokens; None is unknown."""

    prompt: Decimal | None
    completion: Decimal | None

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """Of so many tokens."""
        if self.prompt is None or self.completion is None:
            return None
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / 1_000_000


class Budget:
    """The most that may be used. Each request is reckoned at its worst before it is sent."""

    def __init__(self, usd: Decimal | None, tokens: int | None) -> None:
        self._usd, self._tokens = usd, tokens
        self.spent_usd: Decimal | None = Decimal(0)
        self.spent_tokens = 0
        self.exact = True
        """False once an endpoint did not say what an answer took: then the worst case is counted, not the cost."""

    @property
    def cost_usd(self) -> Decimal | None:
        """What was really spent; None when a price or a count is not known."""
        return self.spent_usd if self.exact or self.spent_usd == 0 else None

    def allows(self, usd: Decimal | None, tokens: int) -> bool:
        """Whether a request of at most this size is within it, whatever else is under way."""
        if self._tokens is not None and self.spent_tokens + tokens > self._tokens:
            return False
        if self._usd is None:
            return True
        return usd is not None and self.spent_usd is not None and self.spent_usd + usd <= self._usd

    def take(self, usd: Decimal | None, tokens: int) -> None:
        """Count something as spent; negative gives back."""
        self.spent_tokens += tokens
        self.spent_usd = None if usd is None or self.spent_usd is None else self.spent_usd + usd


class Asker:
    """One endpoint with its settings, prices and the shared budget."""

    def __init__(
        self, endpoint: Endpoint, prices: Prices, budget: Budget, *, max_tokens: int, temperature: float, at_once: int
    ) -> None:
        self._endpoint, self._prices, self._budget = endpoint, prices, budget
        self._max_tokens, self._temperature, self._at_once = max_tokens, temperature, at_once
        self.asked = 0

    def key(self, messages: list[Message]) -> str:
        """Address of a completion by everything that could change it (the same as an eval's without tools)."""
        e = self._endpoint
        content = [e.identity, e.model, messages, None, self._max_tokens, self._temperature, None]
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def worst(self, messages: list[Message]) -> tuple[int, Decimal | None]:
        """(tokens, dollars) one request may take at most."""
        sent = sum(len(json.dumps(m, ensure_ascii=False).encode()) + _PER_MESSAGE_TOKENS for m in messages)
        return sent + self._max_tokens, self._prices.cost(sent, self._max_tokens)

    def ask(self, questions: dict[str, list[Message]], progress: Progress, what: str) -> dict[str, Answer]:
        """Answers by key; those known are not asked for.

        Raises:
            RefusedError: the budget ends; what was answered is kept.
            UnavailableError, InputError, CancelledError: likewise kept.
        """
        answers: dict[str, Answer] = dict(completions.known(list(questions)))
        missing = [key for key in questions if key not in answers]
        unsaved: dict[str, Completion] = {}
        last, stopped = time.monotonic(), False

        def tick() -> None:
            progress(len(answers), len(questions), f"{len(answers)} of {len(questions)} {what}")

        def allowed() -> list[str]:
            chosen: list[str] = []
            for key in missing:
                tokens, usd = self.worst(questions[key])
                if not self._budget.allows(usd, tokens):
                    break
                self._budget.take(usd, tokens)
                chosen.append(key)
            return chosen

        def ask_one(key: str) -> Completion:
            return self._endpoint.complete(questions[key], max_tokens=self._max_tokens, temperature=self._temperature)

        try:
            tick()
            while missing and not stopped:
                chosen = allowed()
                stopped = not chosen
                for key, answer in in_parallel(chosen, ask_one, at_once=self._at_once, tick=tick):
                    answers[key] = answer
                    self.asked += 1
                    self._settle(questions[key], answer)
                    if isinstance(answer, Completion):
                        unsaved[key] = answer
                    if time.monotonic() - last > _KEEP_EVERY_SECONDS:
                        completions.keep(unsaved, self._endpoint.model)
                        unsaved, last = {}, time.monotonic()
                missing = [key for key in missing if key not in answers]
        except UnavailableError as e:
            left = len(questions) - len(answers)
            raise UnavailableError(
                e.what, where=e.where, remedy=f"{e.remedy} {len(answers)} answers are kept; {left} are left to ask."
            ) from None
        finally:
            completions.keep(unsaved, self._endpoint.model)
            self._endpoint.close()
        if missing:
            raise RefusedError(
                f"the budget ends after {len(answers)} of {len(questions)} {what}",
                where=self._endpoint.identity,
                remedy="The answers are kept. The same command with a larger budget goes on from there.",
            )
        return answers

    def _settle(self, messages: list[Message], answer: Answer) -> None:
        """Put what it really took in place of the worst case, where the endpoint says it."""
        tokens, usd = self.worst(messages)
        if isinstance(answer, RejectedError):
            self._budget.take(-usd if usd is not None else None, -tokens)
            return
        if answer.prompt_tokens is None or answer.completion_tokens is None:
            self._budget.exact = False
            return
        real = self._prices.cost(answer.prompt_tokens, answer.completion_tokens)
        self._budget.take(
            real - usd if real is not None and usd is not None else None,
            answer.prompt_tokens + answer.completion_tokens - tokens,
        )
