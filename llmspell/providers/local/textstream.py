"""Text out of the bytes of tokens: whole characters only, and nothing of a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextStream:
    """Takes the bytes of tokens and gives the text that is certain so far.

    A character split over tokens is held back until it is whole, and text that may become one of `stops` until it
    does or cannot any more. Once a stop string was found, `stopped` is true and nothing more comes. How the bytes
    are cut into pieces makes no difference.
    """

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.stopped = False

    def feed(self, data: bytes) -> str:
        """The text that `data` makes certain."""
        return self._take(self._decoder.decode(data))

    def finish(self) -> str:
        """What was held back at the end of the answer."""
        text = self._take(self._decoder.decode(b"", final=True))
        held, self._held = self._held, ""
        return text + held

    def _take(self, text: str) -> str:
        if self.stopped:
            return ""
        text = self._held + text
        found = [(at + len(stop), at) for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)[1]]
        kept = len(text) - self._undecided(text)
        self._held = text[kept:]
        return text[:kept]

    def _undecided(self, text: str) -> int:
        longest = max(map(len, self._stops), default=0) - 1
        for length in range(min(longest, len(text)), 0, -1):
            tail = text[-length:]
            if any(stop.startswith(tail) for stop in self._stops):
                return length
        return 0
