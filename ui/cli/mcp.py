"""`mcp`: the tools over the Model Context Protocol."""

import click


@click.command()
def mcp() -> None:
    """Serve the tools over the Model Context Protocol on standard input and output.

    For an editor or another program: its configuration names the command `finetune-advisor` with the argument `mcp`.
    """
    import asyncio

    from ui.mcp.server import serve

    asyncio.run(serve())
