"""Answers for a batch of conversations: one shared prefill, left padding, each row stopping by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tools.engine import loading
from tools.engine.prefix import Prefix
from tools.engine.render import Renderer
from tools.engine.rows import DataError
from tools.engine.seeing import Seeing

Tell = Callable[[dict[str, Any]], None]
UNFINISHED = "\N{REPLACEMENT CHARACTER}"


@dataclass
class Row:
    """One conversation being answered."""

    ask: dict[str, Any]
    prompt: list[int]
    answer: list[int] = field(default_factory=list)
    told: int = 0
    """Characters of the answer that have been sent."""
    dice: Any = None
    inputs: dict[str, Any] = field(default_factory=dict)
    """What the model takes besides the tokens: pixels."""

    @property
    def id(self) -> str:
        """The request's id."""
        name: str = self.ask["id"]
        return name


class Decoder:
    """A model ready to answer.

    Args:
        model: causal language model in evaluation mode.
        tokenizer: its tokenizer.
        renderer: what makes its prompts.
    """

    def __init__(self, model: Any, tokenizer: Any, renderer: Renderer) -> None:
        self._model, self._tokenizer, self._renderer = model, tokenizer, renderer
        self._prefix = Prefix(model)
        ends = model.generation_config.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends]) | {tokenizer.eos_token_id}
        self._context = int(getattr(model.config.get_text_config(), "max_position_embeddings", 2048))

    @classmethod
    def load(cls, base: str, adapter: str | None) -> "Decoder":
        """Load a base model and its adapter: merged in float32; beside it in bfloat16, where merging would round."""
        folder = loading.folder_of(base)
        dtype = loading.answering_dtype(folder)
        model = loading.model_of(folder, dtype)
        if adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, Path(adapter), is_trainable=False)
            if dtype == torch.float32:
                model = model.merge_and_unload()
        model = model.to(loading.device()).eval()
        reader, renderer = loading.reader_of(folder, folder.name)
        if isinstance(renderer, Seeing):
            from tools.engine.looking import LookingDecoder

            return LookingDecoder(model, reader.tokenizer, renderer)
        return cls(model, reader, renderer)

    def answer(self, batch: list[dict[str, Any]], tell: Tell, cancelled: set[str]) -> None:
        """Answer every row, telling pieces as they come."""
        with torch.inference_mode():
            self._answer(batch, tell, cancelled)

    def _answer(self, batch: list[dict[str, Any]], tell: Tell, cancelled: set[str]) -> None:
        rows = [row for ask in batch if (row := self._row(ask, tell))]
        if not rows:
            return
        shared, cache = self._prefix.cache_for([row.prompt for row in rows])
        own = [row.prompt[shared:] for row in rows]
        width = max(map(len, own))
        pad = self._tokenizer.pad_token_id
        device = self._model.device
        tokens = torch.tensor([[pad] * (width - len(t)) + t for t in own], device=device)
        mask = torch.tensor([[1] * shared + [0] * (width - len(t)) + [1] * len(t) for t in own], device=device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, shared:]
        while rows:
            out = self._model(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            logits = out.logits[:, -1, :].float().cpu()
            chosen = [self._choose(row, logits[i]) for i, row in enumerate(rows)]
            keep = [i for i, row in enumerate(rows) if not self._take(row, chosen[i], tell, row.id in cancelled)]
            if not keep:
                return
            if len(keep) < len(rows):
                index = torch.tensor(keep, device=device)
                cache.batch_select_indices(index)
                mask, positions = mask[index], positions[index]
                rows = [rows[i] for i in keep]
            tokens = torch.tensor([[chosen[i]] for i in keep], device=device)
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
            positions = positions[:, -1:] + 1

    def _row(self, ask: dict[str, Any], tell: Tell) -> Row | None:
        """Tokens of one request, or an error told."""
        try:
            if ask.get("tools") and not self._renderer.knows_tools:
                raise DataError(
                    "This model's chat template cannot show tools to it.", code="unsupported", param="tools"
                )
            row = self._prompted(ask)
            if len(row.prompt) >= self._context:
                message = f"The conversation has {len(row.prompt)} tokens; this model reads {self._context}."
                raise DataError(message, code="context_length_exceeded", param="messages")
        except Exception as e:
            code, param = getattr(e, "code", "invalid_messages"), getattr(e, "param", "messages")
            message = e.message if isinstance(e, DataError) else f"The messages cannot be rendered: {type(e).__name__}."
            tell({"id": ask["id"], "error": {"status": 400, "message": message, "code": code, "param": param}})
            return None
        if ask["temperature"] > 0:
            row.dice = torch.Generator()
            row.dice.manual_seed(ask["seed"]) if ask["seed"] is not None else row.dice.seed()
        return row

    def _prompted(self, ask: dict[str, Any]) -> Row:
        for i, message in enumerate(ask["messages"]):
            if isinstance(message["content"], list):
                where = f"messages[{i}].content"
                raise DataError(f"{self._renderer.name} reads only text.", code="unsupported", param=where)
        return Row(ask, self._renderer.ids(ask["messages"], ask.get("tools")))

    def _choose(self, row: Row, logits: Any) -> int:
        """The next token: the likeliest, or drawn from the nucleus by the row's own dice."""
        if row.dice is None:
            return int(logits.argmax())
        odds = torch.softmax(logits / row.ask["temperature"], dim=-1)
        if row.ask["top_p"] < 1:
            ordered, index = odds.sort(descending=True)
            beyond = ordered.cumsum(0) - ordered >= row.ask["top_p"]
            odds = torch.zeros_like(odds).scatter(0, index, ordered.masked_fill(beyond, 0))
        return int(torch.multinomial(odds, 1, generator=row.dice))

    def _take(self, row: Row, token: int, tell: Tell, cancelled: bool) -> bool:
        """Add a token to a row's answer; True when the row is done."""
        ended = token in self._ends
        if not ended:
            row.answer.append(token)
        text: str = self._tokenizer.decode(row.answer, skip_special_tokens=True)
        cut = min((at for s in row.ask["stop"] if (at := text.find(s)) >= 0), default=-1)
        full = len(row.answer) >= row.ask["max_tokens"] or len(row.prompt) + len(row.answer) >= self._context
        done = ended or cut >= 0 or full or cancelled
        if cut >= 0:
            text = text[:cut]
        if not done:
            self._tell_piece(row, text, tell)
            return False
        tell(
            {
                "id": row.id,
                "done": True,
                "text": text[row.told :],
                "finish_reason": "stop" if ended or cut >= 0 else "length",
                "prompt_tokens": len(row.prompt),
                "completion_tokens": len(row.answer) + ended,
            }
        )
        return True

    def _tell_piece(self, row: Row, text: str, tell: Tell) -> None:
        """Send what is certain: no half character, nothing that may turn out to begin a stop text."""
        held = max((k for s in row.ask["stop"] for k in range(1, len(s)) if text.endswith(s[:k])), default=0)
        sure = text[: len(text) - held]
        if not sure.endswith(UNFINISHED) and len(sure) > row.told:
            tell({"id": row.id, "text": sure[row.told :]})
            row.told = len(sure)
