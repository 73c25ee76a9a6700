"""How the command ends where it can't go on. Imports nothing, since it's there from the start."""

FAILED = 1  # exit codes
WRONG_USE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class CommandError(Exception):
    """What ends the command with one line and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code
