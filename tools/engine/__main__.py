"""`python -m tools.engine`: serve on 127.0.0.1, on a free port unless --port, one engine a home folder."""

import argparse
import logging
import os
import signal
import socket
import sys
import tempfile
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler

import uvicorn
from filelock import FileLock, Timeout

from tools.engine import paths, processes
from tools.engine.app import build
from tools.engine.durable import write_json
from tools.engine.routes_training import new_token
from tools.workspace import folder

ALREADY_RUNNING = 3
PORT_IN_USE = 4


def main() -> int:
    """Serve until stopped. Exit status 3: another engine runs on this home; 4: the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m tools.engine", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default): any free port")
    port = parser.parse_args().port
    handler = RotatingFileHandler(paths.log_file(), maxBytes=2_000_000, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    lock = FileLock(paths.root() / "engine.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        sys.stderr.write(f"An engine already runs on {paths.root()}.\n")
        return ALREADY_RUNNING
    with lock:
        return _serve(port)


def _serve(port: int) -> int:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as e:
        sys.stderr.write(f"Port {port} cannot be used ({e.strerror}). Leave out --port to take any free one.\n")
        return PORT_IN_USE
    tempfile.tempdir = str(folder("engine", "scratch"))  # large uploads pass through here, not through /tmp
    token = new_token()
    server: uvicorn.Server

    def stop() -> None:
        server.should_exit = True

    app = build(token, stop)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5, lifespan="on")
    )
    state = {
        "base_url": f"http://127.0.0.1:{listener.getsockname()[1]}/v1",
        "token": token,
        **processes.identify(os.getpid()).model_dump(),
        "at": datetime.now(UTC).isoformat(),
    }
    write_json(paths.state_file(), state)
    for stopping in (signal.SIGTERM, signal.SIGINT):  # uvicorn repeats the signal once it has shut down: end with 0
        signal.signal(stopping, lambda *_: None)
    try:
        server.run(sockets=[listener])
    finally:
        paths.state_file().unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
