"""What runs beside the conversations: nothing yet that a restart could lose; the ledger drives it all."""


async def start() -> None:
    """Called once when the server starts."""


async def stop() -> None:
    """Called once when the server stops."""
