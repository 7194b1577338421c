"""A worker whose runtime crashes while it loads a model."""

from __future__ import annotations

import os
import signal


def main(args: list[str]) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
