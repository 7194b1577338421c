"""Names that change their addresses from one look-up to the next: connections go only to addresses that the look-up of
that very connection gave and that the grants allow, as Python's own registry has it."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import httpcore2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import NetworkError, PermissionDeniedError
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.guarded import _TRIED, GuardedConnections, _Backend
from llmspell.system.urls import target_of
from llmspell.system.web import Granted, Web, WebRequest

NEVER = ("192.0.0.", "192.88.99.", "168.63.129.16")
INSIDE = [
    "127.0.0.1", "10.0.0.1", "10.200.0.1", "172.20.1.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3",
    "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"]
ADDRESSES = st.sampled_from([*INSIDE, *OUTSIDE]) | st.ip_addresses(v=4).map(str)
ANSWERS = st.lists(st.lists(ADDRESSES, max_size=6), min_size=1, max_size=6)
RULES = st.lists(st.sampled_from(["*", "*.test", "name.test", "10.0.0.0/8", "127.0.0.1", "localhost", "fd00::/8"]))


def allowed(address: str, rules: list[str]) -> bool:
    """The reference: what is global, and what a network among the rules names."""
    found = ipaddress.ip_address(address)
    networks = [ipaddress.ip_network(rule) for rule in rules if rule[0].isdigit() or ":" in rule]
    if any(found in network for network in networks):
        return True
    carried = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if found in ipaddress.ip_network("64:ff9b::/96"):
        carried = ipaddress.ip_address(int(found) & 0xFFFFFFFF)
    known = carried or found
    return known.is_global and not known.is_multicast and not str(known).startswith(NEVER)


class Sockets(httpcore2.AsyncNetworkBackend):
    """Connects to nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    async def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> httpcore2.AsyncNetworkStream:
        self.tried.append(host)
        raise httpcore2.ConnectError


@settings(max_examples=200, deadline=None)
@given(ANSWERS, RULES)
def test_each_connection_goes_where_its_own_look_up_and_the_grants_say(
    answers: list[list[str]], rules: list[str]
) -> None:
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return left.pop(0)

    async def run() -> None:
        backend = _Backend(resolve, Granted(Permissions(net=tuple(map(NetRule, rules)))))
        backend._sockets = sockets = Sockets()  # type: ignore[assignment]
        for answer in answers:
            sockets.tried.clear()
            expected = [address for address in answer if allowed(address, rules)][:_TRIED]
            with pytest.raises(httpcore2.ConnectError if expected else PermissionDeniedError):
                await backend.connect_tcp("name.test", 80, 1.0)
            assert sockets.tried == expected
        assert left == []

    asyncio.run(run())


@settings(max_examples=100, deadline=None)
@given(ANSWERS, st.sampled_from(["*", "*.test", "name.test"]))
def test_a_spell_with_names_alone_never_gets_inside(answers: list[list[str]], rule: str) -> None:
    left = list(answers)
    sockets = Sockets()

    async def resolve(host: str, port: int) -> list[str]:
        return left.pop(0) if left else ["127.0.0.1"]

    async def run() -> None:
        connections = GuardedConnections(resolve=resolve)
        guard = Granted(Permissions(net=(NetRule(rule),)))
        pool = await connections._pool(guard, secure=False)
        pool._pool._network_backend._sockets = sockets  # type: ignore[attr-defined]
        web = Web(connections, Permissions(net=(NetRule(rule),)))
        for _ in range(len(answers) + 1):
            with pytest.raises((NetworkError, PermissionDeniedError)):
                async with web.open(WebRequest(target=target_of("http://name.test/"))):
                    pass
        await connections.aclose()

    asyncio.run(run())
    assert [address for address in sockets.tried if not allowed(address, [])] == []
