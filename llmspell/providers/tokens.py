"""How many tokens a prompt has, without asking a provider and without a network.

tiktoken downloads its tables when they are not in its cache (`TIKTOKEN_CACHE_DIR`, else a folder of the system's
temporary directory), and again when a cached file is damaged. Here the cached file is checked first; without a
good one the count is an estimate.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmspell.providers.base import TokenCount
from llmspell.providers.content import Media, Message

if TYPE_CHECKING:
    import tiktoken

_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_RANKS = {"cl100k_base": "cl100k_base", "o200k_base": "o200k_base", "o200k_harmony": "o200k_base"}
"""Which table an encoding is made of."""
_SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}

# https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
_PER_MESSAGE = 3
_PER_REPLY = 3
MEDIA_TOKENS = 1000
"""About what a picture of middling size has; only the provider knows better."""


def count_messages(model: str, messages: list[Message], *, download: bool = False) -> TokenCount:
    """The tokens of a prompt for `model`, framing included.

    With `tiktoken` for OpenAI's models, if its table is in the cache or `download` allows to fetch it; else an
    `estimate`. Pictures and the like make any count an estimate.
    """
    encoding = _encoding(model, download=download)
    media = sum(isinstance(part, Media) for message in messages for part in _parts(message))
    total = _PER_REPLY + MEDIA_TOKENS * media
    for message in messages:
        pieces = [message.role, message.text, *(result.text for result in message.tool_results)]
        for call in message.tool_calls:
            pieces += [call.name, str(call.arguments)]
        total += _PER_MESSAGE + sum(_count(piece, encoding) for piece in pieces)
    return TokenCount(total, "tiktoken" if encoding and not media else "estimate")


def _parts(message: Message) -> Iterator[object]:
    """The parts of a message, and those of the answers of tools among them."""
    yield from message.parts
    for result in message.tool_results:
        yield from result.parts


def estimate(text: str) -> int:
    """About how many tokens, rounded up: four ASCII characters make one, three of other alphabets, and 1.25 of
    the scripts from U+2E80 on (Chinese, Japanese, Korean, emoji). Within a third of o200k_base for most languages.
    """
    if text.isascii():
        return -(-len(text) // 4)
    plain = sum(character < "\x80" for character in text)
    wide = sum(character >= "\u2e80" for character in text)
    return -(-(15 * plain + 20 * (len(text) - plain - wide) + 48 * wide) // 60)


def _count(text: str, encoding: tiktoken.Encoding | None) -> int:
    return len(encoding.encode_ordinary(text)) if encoding else estimate(text)


def _encoding(model: str, *, download: bool) -> tiktoken.Encoding | None:
    import tiktoken  # loading takes as long as a whole spell
    from tiktoken.model import encoding_name_for_model
    from tiktoken.registry import ENCODINGS

    try:
        name = encoding_name_for_model(model)
    except KeyError:
        return None
    if not (name in ENCODINGS or _cached(name) or download):
        return None
    try:
        return tiktoken.get_encoding(name)
    except (OSError, ValueError):  # the download failed, or was damaged
        return None


def _cached(name: str) -> bool:
    """Whether tiktoken would load this encoding without a download."""
    ranks = _RANKS.get(name)
    file = cache_file(ranks) if ranks else None
    if ranks is None or file is None:
        return False
    try:
        content = file.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() == _SHA256[ranks]


def cache_file(ranks: str) -> Path | None:
    """Where tiktoken keeps a table, by the rules of its own `load.py`; None when its cache is switched off."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if folder is None:
        folder = tempfile.gettempdir() + "/data-gym-cache"
    name = hashlib.sha1(_URL.format(ranks).encode()).hexdigest()  # noqa: S324  # the name tiktoken gives it
    return Path(folder, name) if folder else None
