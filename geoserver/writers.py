"""Who may write: until there are accounts, clients on this machine, or those that the operator lets in."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import Request

from geoserver.errors import Forbidden
from geoserver.services import services_of

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


def refuse_stranger(request: Request) -> None:
    """Refuse a client that may not write.

    Raises
    ------
    Forbidden
        If it may not.
    """
    if not may_write(request):
        raise Forbidden(
            "editing is not open to this client",
            where=request.url.path,
            expected="the setting MINEGIS_EDITING: here for clients on this machine, anywhere for all",
            got=services_of(request).settings.editing,
        )


def may_write(request: Request) -> bool:
    """Say whether this client may write.

    A client is here when it is on this machine and calls the server by a name of this machine, with nobody
    between: so neither a proxy nor a foreign page whose name leads here speaks for others.
    """
    editing = services_of(request).settings.editing
    if editing != "here":
        return editing == "anywhere"
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        found = ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
