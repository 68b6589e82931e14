"""The kill -9 storm at full size: python bench/jobs/storm.py [RUNS] [SEED] [BACKEND]. Prints what was counted there."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/tools/jobs")]

from storm import storm  # noqa: E402


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    backend = sys.argv[3] if len(sys.argv) > 3 else "wire"
    with tempfile.TemporaryDirectory() as home:
        result = storm(runs, seed, Path(home), print, backend)
    for name, value in result._asdict().items():
        print(f"{name:<18} {value}")
    print(f"{'bound':<18} below {result.bound:.2g} double launches a launch (95 %, rule of three)")
    return 1 if result.duplicates or result.orphans or result.phantoms else 0


if __name__ == "__main__":
    sys.exit(main())
