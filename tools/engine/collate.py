"""Rows with images to batches: pixels are made when a batch needs them, labels are those that were encoded."""

from typing import Any

import torch

from tools import pictures
from tools.engine.render import IGNORED
from tools.engine.rows import DataError


def batch(processor: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows of the data set (tools.engine.seeing.Pictured) as the model takes them, padded on the right.

    Raises:
        DataError: the processor reads a row otherwise than it was encoded.
    """
    pixels = [[pictures.opened(url) for url in row["images"]] for row in rows]
    found = processor(
        text=[row["text"] for row in rows],
        images=pixels if any(pixels) else None,
        add_special_tokens=False,
        padding=True,
        padding_side="right",
        return_tensors="pt",
    )
    width = found["input_ids"].shape[1]
    for row, ids in zip(rows, found["input_ids"].tolist(), strict=True):
        if ids[: len(row["input_ids"])] != row["input_ids"]:
            raise DataError("The processor reads a row otherwise in a batch than alone.", code="unsupported")
    labels = [row["labels"] + [IGNORED] * (width - len(row["labels"])) for row in rows]
    return {**found, "labels": torch.tensor(labels)}
