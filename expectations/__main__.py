"""``python -m expectations COMMAND``; ``--help`` lists the commands.

Exit code 0: done. 1: the answer is no (a build that may not be released). 2: unusable input, said in words.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from expectations import check, incident_commands, quarantine_commands, results
from expectations.alerts import commands as alerts
from raw.errors import BadInput

COMMANDS = (check, incident_commands, quarantine_commands, alerts, results)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m expectations", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
