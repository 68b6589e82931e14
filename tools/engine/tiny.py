"""A tiny chat model, made in seconds without any download: for tests, and to see the engine work."""

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
    "You are a helpful AI assistant<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + "
    "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""Of the same form as SmolLM2's."""
BATCH = 16


def make(folder: Path, conversations: list[list[dict[str, Any]]], steps: int = 100, vocabulary: int = 600) -> Path:
    """Store in `folder` a two-layer model (about 0.15 M parameters) that has learnt `conversations` from nothing."""
    tokenizer = _tokenizer([m["content"] for messages in conversations for m in messages], vocabulary)
    model = _model(tokenizer)
    _teach(model, tokenizer, conversations, steps)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(texts: list[str], vocabulary: int) -> Any:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    raw = ByteLevelBPETokenizer()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    raw.train_from_iterator(texts, vocab_size=vocabulary, special_tokens=special, show_progress=False)
    marks = {"bos_token": special[1], "eos_token": special[2], "pad_token": special[2]}
    tokenizer: Any = PreTrainedTokenizerFast(tokenizer_object=raw._tokenizer, **marks)
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _model(tokenizer: Any) -> Any:
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
        initializer_range=0.1,  # so that an adapter over frozen embeddings can reach a confident answer
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id)
    return model


def _teach(model: Any, tokenizer: Any, conversations: list[list[dict[str, Any]]], steps: int) -> None:
    import torch

    from tools.engine.render import IGNORED, Renderer
    from tools.engine.rows import Row

    renderer = Renderer(tokenizer, "tiny")
    rows = [renderer.supervised(Row(i, {"messages": messages})) for i, messages in enumerate(conversations)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for step in range(steps):
        batch = [rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)]
        width = max(len(row.input_ids) for row in batch)
        fill = [width - len(row.input_ids) for row in batch]
        ids = torch.tensor([row.input_ids + [tokenizer.pad_token_id] * n for row, n in zip(batch, fill, strict=True)])
        labels = torch.tensor([row.labels + [IGNORED] * n for row, n in zip(batch, fill, strict=True)])
        mask = torch.tensor([[1] * len(row.input_ids) + [0] * n for row, n in zip(batch, fill, strict=True)])
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
