"""Which addresses a grant for all public hosts opens, against Python's own registry and beyond it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmspell.permissions import NetRule, Permissions

ALL_PUBLIC = Permissions(net=(NetRule("*"),))

NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1
    224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::127.0.0.1 ::10.0.0.1 ::8.8.8.8 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
    ::ffff:0:127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::8.8.8.8 64:ff9b:2::1 100::1 1234::1
    2001::1 2001:0:808:808:: 2001:db8::1 2002:a00:1:: 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:470::5efe:7f00:1
    2606:4700::200:5efe:a00:1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
""".split()  # noqa: SIM905  # a list of this length is read more easily so
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e", "::ffff:8.8.8.8"]


def reachable(address: str, permissions: Permissions = ALL_PUBLIC) -> bool:
    return permissions.may_reach("example.com", 443, address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_closed_until_it_is_named(address: str) -> None:
    assert not reachable(address)
    assert not ALL_PUBLIC.may_connect("https", address, 443, "GET")
    plain = address.partition("%")[0]
    named = Permissions(net=(NetRule("*"), NetRule(str(ipaddress.ip_address(plain)))))
    assert reachable(plain, named)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open(address: str) -> None:
    assert reachable(address)
    assert ALL_PUBLIC.may_connect("https", address, 443, "GET")


@pytest.mark.parametrize(
    "address", ["", "localhost", "127.1", "0x7f000001", "2130706433", "017700000001", "1.2.3", "8"]
)
def test_what_a_resolver_may_not_give_is_closed(address: str) -> None:
    assert not reachable(address)


@given(st.ip_addresses())
@example(ipaddress.ip_address("192.0.0.192"))
def test_nothing_is_open_that_pythons_registry_closes(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not address.is_global or address.is_multicast:
        assert not reachable(str(address))
    elif address.version == 4 and not address.is_reserved:
        opened = reachable(str(address))
        assert opened or str(address).startswith(("192.0.0.", "192.88.99.", "168.63.129.16"))


@given(
    st.ip_addresses(v=4),
    st.sampled_from(["::", "::ffff:0:0", "64:ff9b::", "64:ff9b:1::", "2001:470::5efe:0:0", "2606:4700::200:5efe:0:0"]),
)
def test_a_carried_address_opens_nothing_that_is_closed_by_itself(carried: ipaddress.IPv4Address, prefix: str) -> None:
    carrier = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(carried))
    assert not reachable(str(carrier)) or reachable(str(carried))


@given(st.ip_addresses(v=4))
def test_neither_does_6to4(carried: ipaddress.IPv4Address) -> None:
    carrier = ipaddress.IPv6Address((0x2002 << 112) + (int(carried) << 80))
    assert not reachable(str(carrier)) or reachable(str(carried))
