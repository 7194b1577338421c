"""What a wire format is: how requests become HTTP, and how bodies become events. No I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar

from llmspell.errors import ModelError
from llmspell.providers.base import EmbedKind, Event, Request, Usage
from llmspell.providers.content import Message
from llmspell.providers.wire.problem import Problem, from_body

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")


class HttpRequest(NamedTuple):
    """What to send: `path` is appended to the base URL of the service."""

    path: str
    body: bytes = b""
    method: str = "POST"
    headers: Mapping[str, str] = {}


class StreamDecoder(Protocol):
    """Turns the bytes of a stream into events, however they are cut."""

    done: bool
    """Whether the server said that nothing more will come."""

    def feed(self, piece: bytes) -> list[Event]:
        """The events in the next bytes. Raises `RefusedError` for an error event, `ProviderError` for nonsense."""
        ...

    def end(self) -> list[Event]:
        """The events left when the connection closed. Raises `ProviderError` when that was too early."""
        ...


class Signer(Protocol):
    """Proves who asks, request by request, for services without a key."""

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """The headers to add. May read files and ask the network: call it in a thread. Raises `AuthError`."""
        ...


class Format(ABC):
    """One way to talk to models, with the dialect of one service.

    What a format cannot express, of a request or at all, is a `ModelError`: nothing is dropped silently.
    """

    name: ClassVar[str]
    """What `wire = "..."` in the configuration calls it, and what marks the `State` of its parts."""
    stream_type: ClassVar[str] = "text/event-stream"
    """The content type of its streams."""

    @abstractmethod
    def auth(self, key: str) -> dict[str, str]:
        """The headers that carry the key."""

    def signer(self) -> Signer | None:
        """What signs requests when there is no key; None for services that know nothing of signatures."""
        return None

    @abstractmethod
    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        """A request for an answer. `Request.extra` is laid over the body last."""

    @abstractmethod
    def decode(self, body: bytes) -> list[Event]:
        """The events of a whole answer, the same as those of its stream.

        Raises `ProviderError` when the body is no answer, `RefusedError` when it holds an error.
        """

    @abstractmethod
    def decoder(self) -> StreamDecoder:
        """A decoder for one stream."""

    def problem(self, body: bytes, status: int) -> Problem:
        """What the body of a refusal says."""
        return from_body(body, status)

    def models(self) -> HttpRequest:
        """A request for the list of models."""
        return HttpRequest("/models", method="GET")

    @abstractmethod
    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        """The models of a server as it describes them, each with an `id`."""

    def more_models(self, body: bytes) -> HttpRequest | None:  # noqa: ARG002  # for those that send pages
        """A request for the models after those in `body`; None when there are no more."""
        return None

    def max_texts(self, model: str) -> int:  # noqa: ARG002  # for those where models differ
        """How many texts a request for embeddings may hold."""
        return 2048

    def embeddings(
        self,
        model: str,  # noqa: ARG002  # for those that can
        texts: list[str],  # noqa: ARG002  # as above
        *,
        dimensions: int | None = None,  # noqa: ARG002  # as above
        kind: EmbedKind | None = None,  # noqa: ARG002  # as above
    ) -> HttpRequest:
        """A request for one vector for each text; `kind` is left out where the service makes no difference."""
        raise ModelError(f"the {self.name} format has no embeddings")

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:  # noqa: ARG002  # as above
        """The vectors, in the order of the texts, and the tokens they cost."""
        raise ModelError(f"the {self.name} format has no embeddings")

    def job(self, job: Job[Any]) -> HttpRequest:
        """A request for what is no conversation."""
        raise ModelError(f"the {self.name} format has no {job.name}")

    def decode_job(self, job: Job[T], body: bytes, mime: str) -> Outcome[T]:  # noqa: ARG002  # for those that can
        """The outcome in an answer whose content type is `mime`. Raises as `decode` does."""
        raise ModelError(f"the {self.name} format has no {job.name}")

    def count(self, model: str, messages: list[Message]) -> HttpRequest | None:  # noqa: ARG002  # for those that can
        """A request for the tokens of a prompt; None when there is no such endpoint."""
        return None

    def decode_count(self, body: bytes) -> int:  # noqa: ARG002  # as above
        """The tokens of a prompt."""
        raise ModelError(f"the {self.name} format counts no tokens")
