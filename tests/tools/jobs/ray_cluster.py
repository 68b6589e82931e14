"""Two Ray nodes on this computer, bound to loopback alone, in a folder of their own; they end with the program.

`python ray_cluster.py FOLDER NODES` prints one line of JSON, {"address", "nodes": [{"raylet", "id"}]}, and serves until
its standard input is closed. Every process it started is ended by its own number.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import psutil


def started(make: Callable[[], Any]) -> Any:
    """Ray gives a node 30 seconds to come up; on a computer that others use it may need a second or third time."""
    for last in (False, False, True):
        before = psutil.Process().children(recursive=True)
        try:
            return make()
        except Exception:
            if last:
                raise
            for process in psutil.Process().children(recursive=True):
                if process not in before:
                    process.kill()


def main(folder: str, nodes: int) -> None:
    """Start, tell, wait, end."""
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # the one switch by which Ray binds to 127.0.0.1
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_TMPDIR"] = folder
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 -- Ray spells it so; its 15 would let all else go first
    os.environ["PATH"] = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    from ray.cluster_utils import Cluster

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    small = {"num_cpus": 1, "object_store_memory": 80 * 1024**2}
    head = {**small, "include_dashboard": True, "dashboard_host": "127.0.0.1", "dashboard_port": port}
    cluster = started(lambda: Cluster(initialize_head=True, head_node_args=head))
    try:
        for _ in range(nodes - 1):
            started(lambda: cluster.add_node(**small))
        cluster.wait_for_nodes()
        told = [{"raylet": n.all_processes["raylet"][0].process.pid, "id": n.node_id} for n in cluster.list_all_nodes()]
        out.write(
            json.dumps({"address": f"http://{cluster.head_node.address_info['webui_url']}", "nodes": told}) + "\n"
        )
        sys.stdin.read()
    finally:
        mine = psutil.Process().children(recursive=True)
        cluster.shutdown()
        for process in mine:
            if process.is_running():
                process.kill()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main(sys.argv[1], int(sys.argv[2]))
