"""llama.cpp's own OpenAI-compatible server, in a process of its own, for tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

KEY = "sk-loopback-0123456789"
SERVER = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_ctx, params.n_parallel = 2048, 2
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.embedding = True
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
params.warmup = params.ui = False
params.verbosity = -1
params.use_jinja = True
params.api_keys = [sys.argv[2]]
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def serve(path: Path) -> tuple[subprocess.Popen[str], str]:
    """A server process that ends when its input is closed, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path), KEY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("http"):
            return process, line.strip()
    raise AssertionError("the server did not start")


def stop(process: subprocess.Popen[str]) -> None:
    """End the server."""
    process.stdin.close()
    try:
        process.wait(20)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
