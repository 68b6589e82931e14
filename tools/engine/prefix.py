"""The part that prompts share (a system message, the same examples) is read once, not once a row.

Two hundred questions after the same ten examples differ in their last few tokens only: reading the examples again for
each would be nearly all of the work.
"""

import copy
from typing import Any

import torch
from transformers import DynamicCache

WORTH_TOKENS = 24
"""A shorter beginning is not worth a pass of its own."""


class Prefix:
    """Keeps the attention cache of the beginning shared last.

    Args:
        model: causal language model in evaluation mode.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._tokens: list[int] = []
        self._cache: Any = None
        self._last: list[int] = []
        """The prompt before, so that prompts asked one after another share too."""

    def cache_for(self, prompts: list[list[int]]) -> tuple[int, Any]:
        """(how many first tokens of every prompt are in it, a cache for that many rows that may be written to)."""
        shared = common(prompts if len(prompts) > 1 else [*prompts, self._last])
        self._last = prompts[0]
        if len(shared) >= WORTH_TOKENS and self._tokens[: len(shared)] != shared:
            self._read(shared)
        length = len(common([*prompts, self._tokens])) if self._cache is not None else 0
        if length < WORTH_TOKENS:
            return 0, DynamicCache(config=self._model.config)
        mine = copy.deepcopy(self._cache)
        mine.crop(length - len(self._tokens))
        mine.batch_repeat_interleave(len(prompts))
        return length, mine

    def _read(self, tokens: list[int]) -> None:
        cache = DynamicCache(config=self._model.config)
        if any(cache.is_sliding) or not cache.is_croppable:
            return  # such a cache forgets, and cannot be cut to another length
        ids = torch.tensor([tokens], device=self._model.device)
        self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        self._tokens, self._cache = tokens, cache


def common(prompts: list[list[int]]) -> list[int]:
    """The longest beginning that all prompts share, leaving each at least one token of its own."""
    first, last = min(prompts), max(prompts)
    limit = min(len(first), len(last), *(len(p) for p in prompts)) - 1
    for i in range(limit):
        if first[i] != last[i]:
            return first[:i]
    return first[: max(0, limit)]
