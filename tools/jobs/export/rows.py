"""The kept data as other tools read it: chat rows as they are, preference pairs under the names they share."""

import json

from tools import pictures


def data(content: bytes, technique: str) -> bytes:
    """Rows for another tool. Pairs become {messages, chosen, rejected}: the prompt, and one answer each."""
    if technique != "dpo":
        return content
    lines = []
    for line in content.decode("utf-8-sig").splitlines():
        if line.strip():
            row = json.loads(line)
            given = row["input"]
            pair = {
                "messages": given["messages"],
                "chosen": row["preferred_output"][-1],
                "rejected": row["non_preferred_output"][-1],
            }
            if given.get("tools"):
                pair["tools"] = json.dumps(given["tools"])
            lines.append(json.dumps(pair, ensure_ascii=False) + "\n")
    return "".join(lines).encode()


def holds_images(content: bytes) -> bool:
    """Whether any chat row holds an image."""
    rows = (json.loads(line) for line in content.splitlines() if b'"image_url"' in line)
    return any(
        pictures.is_image(part)
        for row in rows
        for message in row.get("messages", [])
        if isinstance(message.get("content"), list)
        for part in message["content"]
    )
