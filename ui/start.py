"""Where the console script begins: nothing is imported before an interrupt can be answered in one line."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C at any moment is one line and exit status 130."""
    try:
        from ui.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
