"""Commands: ``monai-adele --help``, or ``python -m monai_adele --help``, lists them."""

from __future__ import annotations

import argparse
import sys

from monai_adele.commands import audit, bundle, calibrate, check, compare, corrections, corrupt, onsets, stress
from monai_adele.errors import AdeleError

__all__ = ["main"]

COMMANDS = (audit, bundle, calibrate, check, compare, corrections, corrupt, onsets, stress)


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: the words of the command line; default those of this process.

    Returns:
        Exit status: 0 if it was done, 1 if something was wrong with data, 2 with the words.
    """
    parser = argparse.ArgumentParser(prog="monai-adele", description="Segmentation from noisy labels.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    for command in COMMANDS:
        command.add_command(commands)
    args, overrides = parser.parse_known_args(arguments)
    if overrides and not hasattr(args, "overrides"):  # only commands that run a bundle take its keys
        parser.error(f"unrecognized arguments: {' '.join(overrides)}")
    args.overrides = overrides
    if args.command is None:
        parser.print_help()
        return 2
    try:
        status = args.run(args)  # None where there is nothing else to say than that it was done
    except AdeleError as error:
        print(error, file=sys.stderr)
        return 1
    return int(status or 0)


if __name__ == "__main__":
    sys.exit(main())
