"""`serve`: the chat in the browser."""

import socket

import click

from tools.errors import InputError, RefusedError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free port.")
@click.option("--name", "names", multiple=True, help="A host name to answer to, when listening beyond this computer.")
def serve(host: str, port: int, names: tuple[str, ...]) -> None:
    """Start the chat in the browser.

    Beyond this computer (--host other than loopback) people sign in with a password: add them first with
    `finetune-advisor users add NAME`.
    """
    from ui.web.users import has_users

    if host not in LOOPBACK and not has_users():
        raise RefusedError(
            "nobody could sign in, and without sign-in anybody on the network could read your data",
            where=f"--host {host}",
            remedy="Add a person first: finetune-advisor users add NAME",
        )
    if host not in LOOPBACK and not names:
        raise InputError(
            "say which host name people will use",
            where=f"--host {host}",
            remedy="For example: --name advisor.example.org",
        )
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as e:
            raise InputError(
                f"cannot listen there ({e.strerror})", where=f"{host}:{port}", remedy="Try another port: --port 8001"
            ) from None
        port = probe.getsockname()[1]
    click.echo("Starting (a few seconds). Nothing leaves this computer unless you set a model endpoint.", err=True)

    import os

    os.environ["ADVISOR_SIGN_IN"] = "local" if host in LOOPBACK else "password"
    import logging
    import signal
    import warnings

    import uvicorn

    # Two lines that Chainlit says at every visit and that nobody can act on; its errors still show.
    warnings.filterwarnings("ignore", message="coroutine '.*' was never awaited", module="chainlit")
    logging.getLogger("chainlit").setLevel(logging.ERROR)
    from ui.web.app import create_app

    app = create_app(hosts={*names, "localhost", "127.0.0.1", "::1"})

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            click.echo(f"Ready: http://{'localhost' if host in LOOPBACK else names[0]}:{port}", err=True)

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        ws="websockets-sansio",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    # uvicorn repeats the signal once it has shut down; a stop that was asked for ends with 0.
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: None)
    Server(config).run()
