"""Which network address a host name may mean, and a connection to exactly that address.

A name is resolved once, every answer is judged, and the connection goes to the judged number: a name server
that answers otherwise the second time (DNS rebinding) is not asked a second time.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any

from minegis.errors import InvalidInput, Unreachable
from pipelines.connectors.transport.patience import Transient

type Lookup = Callable[[str, int], Sequence[str]]
type _Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL = ipaddress.ip_network("2000::/3")  # all that is given out for use everywhere (RFC 4291)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# The last 32 bits are an IPv4 address: NAT64, that of an own network (RFC 8215), compatible, translated.
_ENDS_IN_IPV4 = (_NAT64, *map(ipaddress.ip_network, ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))


def look_up(host: str, port: int) -> Sequence[str]:
    """Return every address of a host."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Transient(
            Unreachable("the name of the host is not known", where=host, got=str(error))
        ) from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def judged(host: str, port: int, *, internal: bool, lookup: Lookup = look_up) -> str:
    """Return the address to connect to.

    Parameters
    ----------
    internal : bool
        Whether the operator declared that this source is inside the own network.

    Raises
    ------
    InvalidInput
        If any address of the name is not public, or, of an internal source, is link-local or for many.
    """
    addresses = lookup(host, port)
    for text in addresses:
        if not _may_be_asked(ipaddress.ip_address(text.partition("%")[0]), internal):
            raise InvalidInput(
                "the host leads to an address that is not public",
                where=host,
                expected="a public address, or `internal: true` in sources.yaml",
                got=text,
            )
    return addresses[0]


def connect(
    host: str, port: int, *, internal: bool, seconds: float, lookup: Lookup = look_up
) -> socket.socket:
    """Connect to the judged address of a host."""
    address = judged(host, port, internal=internal, lookup=lookup)
    try:
        return socket.create_connection((address, port), timeout=seconds)
    except OSError as error:
        raise Transient(Unreachable("no connection", where=f"{host}:{port}", got=str(error))) from None


def _may_be_asked(address: _Address, internal: bool) -> bool:
    inner = _embedded(address)
    if inner is not None and not _may_be_asked(inner, internal):
        return False
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if internal:
        return True
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL:
        # What stands for a public IPv4 address, in the two ways that lead out; it is judged above.
        return address.ipv4_mapped is not None or address in _NAT64
    return address.is_global


def _embedded(address: _Address) -> Any:
    """Return the IPv4 address that an IPv6 address stands for, None if none."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if any(address in network for network in _ENDS_IN_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
