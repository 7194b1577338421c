"""Which hosts and addresses a network rule means. Nothing is resolved here.

What counts as public follows the registries of IANA for special addresses (RFC 6890), as the standard library has
them, and looks through addresses that carry another one (RFC 4291 mapped, RFC 3056 6to4, RFC 4380 Teredo, RFC 5214
ISATAP, RFC 6052 NAT64). Of IPv6 only what IANA has given out for all (2000::/3) can be public.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    Address: TypeAlias = IPv4Address | IPv6Address
    Network: TypeAlias = IPv4Network | IPv6Network

ANY = "*"
_NAT64 = "64:ff9b::/96"
_NOT_FOR_ALL = ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
"""What versions of the standard library have forgotten, and the address at which one cloud serves its machines."""


def normal_host(host: str) -> str | None:
    """A host in the one spelling that rules have: in small letters, without brackets or a dot at the end.

    None for what is no host, such as `127.1` or `0x7f000001`: some resolvers read these as addresses.
    """
    name = host.strip("[]") if host.startswith("[") else host.removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            return None
    if (address := address_of(name)) is not None:
        return str(address)
    name = name.lower()
    labels = name.split(".")
    if not all(_is_label(label) for label in labels) or _is_number(labels[-1]):
        return None
    return name


def is_rule(host: str) -> bool:
    """Whether this is the host of a rule, as such are spelled."""
    if host == ANY or ("/" in host and str(network_of(host)) == host):
        return True
    name = host.removeprefix("*.")
    return normal_host(name) == name and (name == host or network_of(name) is None)


def allows_host(rule: str, host: str) -> bool:
    """Whether the host of a rule covers a host, both spelled as `normal_host` has it."""
    if rule == host:
        return True
    address = address_of(host)
    if rule == ANY:
        return is_public(address) if address is not None else not is_local_name(host)
    if rule.startswith("*."):
        return address is None and host.endswith(rule[1:])
    network = network_of(rule)
    return network is not None and address is not None and address in network


def allows_address(rules: Iterable[str], host: str, address: str) -> bool:
    """Whether a host that the hosts of some rules cover may have this address."""
    found = address_of(address)
    if found is None:
        return False
    if is_public(found):
        return True
    for rule in rules:
        if (network := network_of(rule)) is not None and found in network:
            return True
        if found.is_loopback and is_local_name(host) and allows_host(rule, host):
            return True
    return False


def meet_hosts(one: str, two: str) -> str | None:
    """The host of a rule that allows nothing but what both allow."""
    first, second = network_of(one), network_of(two)
    if first is not None and second is not None:
        smaller, larger = sorted((first, second), key=lambda network: -network.prefixlen)
        inside = smaller.version == larger.version and smaller.network_address in larger
        return (
            str(smaller.network_address) if inside and smaller.num_addresses == 1 else str(smaller) if inside else None
        )
    for general, special in ((one, two), (two, one)):
        if general == special or (general == ANY and special.startswith("*.") and not is_local_name(special)):
            return special
        if general.startswith("*.") and special.endswith(general[1:]):
            return special
        if "/" not in special and not special.startswith(ANY) and allows_host(general, special):
            return special
    return None


def is_local_name(host: str) -> bool:
    """Whether this is `localhost` or below it (RFC 6761), which means this machine."""
    return host == "localhost" or host.endswith(".localhost")


def is_public(address: Address) -> bool:
    """Whether an address, and each one that it carries, is for everyone to reach."""
    return all(_is_global(one) for one in (address, *_carried(address)))


def address_of(host: str) -> Address | None:
    """The address that a text is, or None."""
    if not host or not (host[-1].isdigit() or ":" in host):
        return None  # spares loading the module
    import ipaddress

    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_global(address: Address) -> bool:
    import ipaddress

    if not address.is_global or address.is_multicast:
        return False
    if address.version == 4:
        return not any(address in ipaddress.ip_network(block) for block in _NOT_FOR_ALL)
    inside = any(address in ipaddress.ip_network(block) for block in ("2000::/3", _NAT64))
    return (inside or address.ipv4_mapped is not None) and address not in ipaddress.ip_network("3fff::/20")


def _carried(address: Address) -> list[Address]:
    if address.version == 4:
        return []
    import ipaddress

    last = ipaddress.ip_address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo or ()
    carried: list[Address] = [one for one in (address.ipv4_mapped, address.sixtofour, *teredo) if one is not None]
    isatap = int(address) >> 32 & 0xFDFFFFFF == 0x00005EFE
    if isatap or address in ipaddress.ip_network(_NAT64):
        carried.append(last)
    return carried


def network_of(rule: str) -> Network | None:
    """The network, or the one address, that a rule names; None for a rule that has a name."""
    if not rule[:1].isdigit() and ":" not in rule:
        return None
    import ipaddress

    try:
        return ipaddress.ip_network(rule)
    except ValueError:
        return None


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum()


def _is_number(label: str) -> bool:
    return label.isdigit() or label.startswith("0x")
