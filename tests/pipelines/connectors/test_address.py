"""Which addresses a name may lead to."""

from __future__ import annotations

from contextlib import closing

import pytest

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, Unreachable
from pipelines.connectors.transport.address import judged
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.http import HttpDoor
from pipelines.connectors.transport.patience import Patience

# Loopback, RFC 1918, carrier-grade NAT, link-local with the metadata service, unspecified, multicast,
# unique local, and IPv4 hidden in IPv6: mapped, 6to4, NAT64, Teredo (the client's address inverted).
NOT_PUBLIC = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    # IPv4-compatible (RFC 4291), translated (RFC 2765) and local NAT64 (RFC 8215), whatever they hide;
    # site-local, which was before unique local
    "::7f00:1",
    "::5db8:d822",
    "::ffff:0:7f00:1",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::5db8:d822",
    "fec0::1",
]
PUBLIC = ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address):
    with pytest.raises(InvalidInput, match="not public"):
        judged("example.org", 443, internal=False, lookup=lambda *_: [address])


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_taken(address):
    assert judged("example.org", 443, internal=False, lookup=lambda *_: [address]) == address


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(InvalidInput, match=r"10\.0\.0\.1"):
        judged("example.org", 443, internal=False, lookup=lambda *_: [*PUBLIC, "10.0.0.1"])


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "fc00::1", "::ffff:10.0.0.1"])
def test_the_own_network_is_reached_where_the_operator_says_so(address):
    assert judged("store", 9000, internal=True, lookup=lambda *_: [address]) == address


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b::a9fe:a9fe",
        "0.0.0.0",
        "ff02::1",
    ],
)
def test_the_metadata_service_is_never_a_source(address):
    with pytest.raises(InvalidInput, match="not public"):
        judged("store", 80, internal=True, lookup=lambda *_: [address])


def test_a_name_server_that_changes_its_mind_gains_nothing(web, shelf, patience):
    """The name is looked up once for a connection, and the connection goes to what was judged."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["93.184.216.34"] if len(asked) > 1 else ["127.0.0.1"]

    web.file("/b", b"x")
    address = f"http://data.example.org:{web.port}"
    with closing(HttpDoor(Endpoint(address=address, internal=True), lookup=rebinding)) as door:
        assert bring(door, Wanted("b", f"{address}/b"), shelf, patience).size == 1
    assert asked == ["data.example.org"]


def test_a_public_name_that_leads_inside_is_not_spoken_to(web, shelf, patience):
    address = f"http://data.example.org:{web.port}"
    inside = HttpDoor(Endpoint(address=address), lookup=lambda *_: ["127.0.0.1"])
    with closing(inside) as door, pytest.raises(InvalidInput, match="not public"):
        bring(door, Wanted("b", f"{address}/b"), shelf, patience)
    assert web.seen == []


def test_a_host_without_a_name_is_asked_for_again_and_given_up(shelf, slept):
    endpoint = Endpoint(address="http://no-such-host.invalid")
    patience = Patience(attempts=3, sleep=slept.append)
    with closing(HttpDoor(endpoint)) as door, pytest.raises(Unreachable, match="name of the host"):
        bring(door, Wanted("b", "http://no-such-host.invalid/b"), shelf, patience)
    assert len(slept) == 2
