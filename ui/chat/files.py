"""Files of the chat (uploads, cards): kept below home under a hash of their key, never under a client's name."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from chainlit.data.storage_clients.base import BaseStorageClient

from tools.workspace import folder


class HomeFiles(BaseStorageClient):  # type: ignore[misc]
    """Chainlit's storage interface over a folder."""

    def path(self, object_key: str) -> Path:
        """Where an object lies. The key holds an uploader's file name, so it is never used as a path."""
        return folder("chat-files") / hashlib.sha256(object_key.encode()).hexdigest()

    async def upload_file(
        self,
        object_key: str,
        data: bytes | str,
        mime: str = "application/octet-stream",
        overwrite: bool = True,
        content_disposition: str | None = None,
    ) -> dict[str, Any]:
        """Write, then rename, so that a half-written file is never read."""
        path = self.path(object_key)
        temporary = path.with_suffix(".tmp")
        raw = data.encode() if isinstance(data, str) else data
        await asyncio.to_thread(temporary.write_bytes, raw)
        temporary.replace(path)
        return {"object_key": object_key, "url": await self.get_read_url(object_key)}

    async def delete_file(self, object_key: str) -> bool:
        """Remove; True when it was there."""
        path = self.path(object_key)
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed

    async def get_read_url(self, object_key: str) -> str:
        """A same-origin path that the server answers only to the thread's owner. The key is user/element/name."""
        parts = object_key.split("/")
        return f"/stored/{parts[1]}" if len(parts) > 1 else ""

    async def close(self) -> None:
        """Nothing to close."""
