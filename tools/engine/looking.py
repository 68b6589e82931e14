"""Answers about images: one conversation after another, by the model's own `generate`; each token is our choice."""

from typing import Any

import torch
from transformers import LogitsProcessor, StoppingCriteria

from tools import pictures
from tools.engine.decoding import Decoder, Row, Tell
from tools.engine.seeing import Seeing


class LookingDecoder(Decoder):
    """A vision-language model ready to answer; how it counts positions behind an image is its own affair."""

    def _prompted(self, ask: dict[str, Any]) -> Row:
        text = self._renderer.text(ask["messages"], ask.get("tools"), ask=True)
        assert isinstance(self._renderer, Seeing)
        inputs = self._renderer.inputs(text, pictures.addresses(ask["messages"]), return_tensors="pt")
        row = Row(ask, inputs["input_ids"][0].tolist())
        row.inputs = dict(inputs)
        return row

    def _answer(self, batch: list[dict[str, Any]], tell: Tell, cancelled: set[str]) -> None:
        for ask in batch:
            if row := self._row(ask, tell):
                self._one(row, tell, cancelled)

    def _one(self, row: Row, tell: Tell, cancelled: set[str]) -> None:
        chooses = _Chooses(self, row, tell, cancelled)
        self._model.generate(
            **{name: self._placed(value) for name, value in row.inputs.items()},
            do_sample=False,
            max_new_tokens=row.ask["max_tokens"] + 1,
            eos_token_id=sorted(self._ends),
            pad_token_id=self._tokenizer.pad_token_id,
            logits_processor=[chooses],
            stopping_criteria=[_Done(chooses)],
        )

    def _placed(self, value: Any) -> Any:
        kind = self._model.dtype if value.is_floating_point() else None
        return value.to(self._model.device, dtype=kind)


class _Chooses(LogitsProcessor):  # type: ignore[misc]
    """Chooses as for text, tells, and leaves `generate` no other choice."""

    def __init__(self, decoder: LookingDecoder, row: Row, tell: Tell, cancelled: set[str]) -> None:
        self._decoder, self._row, self._tell, self._cancelled = decoder, row, tell, cancelled
        self.done = False

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        token = self._decoder._choose(self._row, scores[0].float().cpu())
        self.done = self._decoder._take(self._row, token, self._tell, self._row.id in self._cancelled)
        return torch.full_like(scores, float("-inf")).index_fill_(1, torch.tensor([token], device=scores.device), 0)


class _Done(StoppingCriteria):  # type: ignore[misc]
    def __init__(self, chooses: _Chooses) -> None:
        self._chooses = chooses

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        return torch.full((input_ids.shape[0],), self._chooses.done, dtype=torch.bool, device=input_ids.device)
