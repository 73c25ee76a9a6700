"""Where the ``tiny-models`` command starts: whatever goes wrong ends in one line and an exit code.

The subcommands are in ``commands``. They are imported last, since that takes long enough to be
interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tiny_models.command_error import FAILED, INTERRUPTED, WRONG_USE, CommandError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a file's name may have characters they can't print
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except CommandError as error:
        message, code = str(error), error.code
    except KeyboardInterrupt:
        message, code = "interrupted", INTERRUPTED
    except OSError as error:  # of files, the subcommands have told
        _silence_output()
        if isinstance(error, BrokenPipeError):  # the reader has seen enough
            return FAILED
        message, code = f"can't write to standard output: {error.strerror or error}", FAILED
    print(f"tiny-models: {message}", file=sys.stderr)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        from typer.exceptions import TyperException

        import tiny_nn as nn
        from tiny_models.commands import app
    except ValueError as error:  # an environment variable that ndarray_core reads when imported
        raise CommandError(str(error), WRONG_USE) from error
    try:
        result = app(args=arguments, standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        if message:
            raise CommandError(message, error.exit_code) from error
        return WRONG_USE  # called without arguments: the help has been printed
    except nn.errors.NDArrayError as error:  # no memory, or a variable that is read at first use
        raise CommandError(str(error), WRONG_USE) from error
    if result == INTERRUPTED:  # typer makes a result of KeyboardInterrupt, too
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _silence_output() -> None:
    """Let Python's own flush at exit succeed where a write has failed."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
