"""Addresses of web pages, read strictly and in one way only.

What different programs read differently (RFC 3986, the WHATWG's standard, resolvers) is refused rather than guessed:
backslashes, user names, numbers that some take for an address. The parts that come out are what is checked, what is
connected to and what is sent, so nothing is ever read a second time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin

from llmspell.errors import InvalidValueError
from llmspell.hosts import normal_host

if TYPE_CHECKING:
    from llmspell.errors import LlmspellError

PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 8192
_LONGEST_NAME = 253
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5})?)?")
_NEVER = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_SAFE = "%/?:@!$&'()*+,;=-._~[]"


class Target(NamedTuple):
    """Where a request goes: `host` in small ASCII letters and without brackets, `path` with the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What belongs together: credentials for one origin are for no other."""
        return self[:3]

    @property
    def authority(self) -> str:
        """`host`, or `host:port` where the port is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, without what followed a `#`."""
        return f"{self.scheme}://{self.authority}{self.path}"

    def joined(self, location: str) -> Target:
        """Where a redirect from here leads. Raises `InvalidValueError`."""
        return target_of(urljoin(self.url, location.strip()))

    def with_query(self, query: Mapping[str, Any]) -> Target:
        """The same with more fields in the query; a list gives its name several times, null leaves a name out."""
        fields = urlencode(pairs(query))
        if not fields:
            return self
        return self._replace(path=f"{self.path}{'&' if '?' in self.path else '?'}{fields}")


def target_of(url: str) -> Target:
    """Reads a URL. Raises `InvalidValueError`, whose message never holds a password."""
    if len(url) > MAX_LENGTH:
        raise InvalidValueError(f"the URL is longer than {MAX_LENGTH} characters")
    if _NEVER.search(url):
        raise InvalidValueError("the URL has a backslash or a control character", hint="escape it, as in %5C")
    found = _URL.fullmatch(url.strip(" "))
    if found is None:
        raise _not_web(url)
    scheme, authority, path = found[1].lower(), found[2], found[3]
    if "@" in authority:
        raise InvalidValueError(
            "the URL has a user name or a password in it", hint="send them in the header Authorization"
        )
    host, port = _host_and_port(authority)
    path = path if path.startswith("/") else f"/{path}"
    return Target(scheme, host, PORTS[scheme] if port is None else port, quote(path, safe=_SAFE))


def pairs(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of a query or a form, one by one. Raises `InvalidValueError` for a value that is no plain one."""
    found = []
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if each is None:
                continue
            if isinstance(each, (dict, list)):
                raise InvalidValueError(f"{name[:40]} must be text, a number, a boolean or a list of them")
            found.append((name, _plain(each)))
    return found


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _host_and_port(authority: str) -> tuple[str, int | None]:
    found = _AUTHORITY.fullmatch(authority)
    host = normal_host(found[1]) if found is not None and "%" not in authority else None
    if found is None or host is None or len(host) > _LONGEST_NAME or (":" in host) != found[1].startswith("["):
        raise InvalidValueError(
            f"{authority[:80]!r} is no host",
            hint="write a name such as example.com, or an address such as 127.0.0.1 or [::1]",
        )
    port = int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 65536:
        raise InvalidValueError(f"{port} is no port", hint="ports go from 1 to 65535")
    return host, port


def _not_web(url: str) -> LlmspellError:
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,30}(?=:)", url)
    if scheme is not None and scheme[0].lower() not in PORTS and "://" in url:
        return InvalidValueError(f"{scheme[0]}: is not supported", hint="a URL begins with http:// or https://")
    return InvalidValueError("this is no URL", hint="a URL begins with http:// or https://")
