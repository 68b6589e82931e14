"""Zstandard, through the copy that DuckDB carries: no further package for the one format that needs it."""

import json
import tempfile
from pathlib import Path

from tools.errors import InputError
from tools.evals.store.connection import harden
from tools.workspace import folder


def zstandard(data: bytes) -> bytes:
    """One compressed JSON document, unpacked (its spacing may differ).

    Raises:
        InputError: it is damaged, or not JSON.
    """
    import duckdb

    with tempfile.NamedTemporaryFile(dir=folder("staging"), suffix=".json.zst") as f:
        f.write(data)
        f.flush()
        con = duckdb.connect()
        try:
            harden(con, (Path(f.name),))
            found = con.execute(
                "SELECT json FROM read_json_objects($file, compression = 'zstd', format = 'unstructured', "
                "maximum_object_size = 1000000000)",
                {"file": f.name},
            ).fetchall()
        except duckdb.Error as e:
            raise InputError(f"a compressed entry cannot be read ({str(e).splitlines()[0][:100]})") from None
        finally:
            con.close()
    documents = [row[0] for row in found]
    return documents[0].encode() if len(documents) == 1 else json.dumps([json.loads(d) for d in documents]).encode()
