"""How a service is reached: how long each step may take, through which proxy, and whose certificates are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from llmspell.errors import InvalidValueError

if TYPE_CHECKING:
    import ssl

DIRECT = "none"
"""In place of the URL of a proxy: go there directly, whatever the environment says."""
_SCHEMES = ("http", "https")


class Timeouts(NamedTuple):
    """Seconds, each for a step of a call; `total` is for all of it, None for as long as bytes keep coming."""

    connect: float = 10.0
    """Until the connection is there, encryption included."""
    first_byte: float = 600.0
    """From the request to the beginning of the answer: its status and headers."""
    between_chunks: float = 600.0
    """For the next piece of the answer."""
    total: float | None = None


class Network(NamedTuple):
    """The way to a service."""

    timeouts: Timeouts = Timeouts()
    proxy: str | None = None
    """The URL of a proxy, `none` for a direct connection; None is what the environment says."""
    ca_file: str | None = None
    """A file of certificates (PEM) that are trusted beside the usual ones."""
    place: str = "[network.timeouts]"
    """Where in `llmspell.toml` its timeouts are set, for messages."""

    @property
    def direct(self) -> bool:
        """Whether no proxy is used, not even one of the environment."""
        return self.proxy == DIRECT

    def proxy_url(self) -> str | None:
        """The proxy to use. Raises `InvalidValueError`, which never shows it, for what is no URL of one."""
        if self.proxy is None or self.direct:
            return None
        try:
            parts = urlsplit(self.proxy)
            usable = parts.scheme in _SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            usable = False
        if not usable:
            raise InvalidValueError(
                "proxy is not the URL of a proxy", hint='such as "http://proxy.example.com:3128", or "none"'
            )
        return self.proxy

    def trust(self, context: ssl.SSLContext) -> None:
        """Let the context trust the certificates of `ca_file`. Raises `InvalidValueError` when it has none."""
        if self.ca_file is None:
            return
        try:
            context.load_verify_locations(cafile=self.ca_file)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise InvalidValueError(
                f"ca_file {self.ca_file} cannot be read: {error.strerror}", hint="name a file of certificates in PEM"
            ) from None
        except OSError:  # ssl.SSLError is one
            raise InvalidValueError(
                f"ca_file {self.ca_file} holds no certificate", hint="it must be PEM: -----BEGIN CERTIFICATE-----"
            ) from None


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, by its name alone: a proxy for all services is not for these."""
    import ipaddress  # only where there is something to decide

    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
