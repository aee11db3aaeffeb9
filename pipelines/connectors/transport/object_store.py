"""S3-compatible object storage through obstore.

obstore has a network of its own, so the address is judged before and not pinned: nothing that is fetched can
name another, the endpoint is the operator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions
from obstore.store import S3Store

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.transport.address import Lookup, judged, look_up
from pipelines.connectors.transport.door import Answer, Validators
from pipelines.connectors.transport.patience import Transient

_PIECE = 1 << 23
_MOST = 100_000


class ObjectDoor:
    """Reads objects of one bucket; a version is known by its ETag.

    The address is ``s3://host:port/bucket/prefix``.
    """

    def __init__(self, endpoint: Endpoint, *, lookup: Lookup = look_up) -> None:
        parts = urlsplit(endpoint.address)
        bucket, _, self._prefix = unquote(parts.path).strip("/").partition("/")
        if not bucket:
            raise InvalidInput("no bucket", where=endpoint.address, expected="s3://host/bucket/prefix")
        scheme = "http" if endpoint.plain else "https"
        port = parts.port or (80 if endpoint.plain else 443)
        judged(endpoint.host, port, internal=endpoint.internal, lookup=lookup)
        user, secret = endpoint.login.pair() if endpoint.login else ("", "")
        options: dict[str, Any] = (
            {"access_key_id": user, "secret_access_key": secret} if user else {"skip_signature": True}
        )
        self._where = f"s3://{parts.netloc}/{bucket}"
        self._store = S3Store(
            bucket,
            endpoint=f"{scheme}://{parts.netloc}",
            region=endpoint.region or "us-east-1",
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": endpoint.plain,
                "connect_timeout": timedelta(seconds=endpoint.connect_seconds),
                "timeout": timedelta(seconds=endpoint.read_seconds),
            },
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=endpoint.read_seconds)},
            **options,
        )

    def close(self) -> None:
        """Leave."""

    def address(self, name: str) -> str:
        """Return the address of a name below the endpoint."""
        key = "/".join(part for part in (self._prefix.strip("/"), name.strip("/")) if part)
        return f"{self._where}/{key}"

    def name(self, address: str) -> str:
        """Return the name below the endpoint that an address is of."""
        return address.removeprefix(self.address("").rstrip("/")).lstrip("/")

    def names(self, pattern: str) -> Sequence[str]:
        """Return the objects that fit, in name order; a wildcard stands for anything within one part."""
        if not set(pattern) & set("*?"):
            return [self.address(pattern)]
        whole = self._key(self.address(pattern))
        fixed = whole[: min(whole.index(sign) for sign in "*?" if sign in whole)].rpartition("/")[0]
        found: list[str] = []
        with self._as_transient():
            for page in obstore.list(self._store, prefix=fixed or None):
                found += [each["path"] for each in page if _fits(each["path"], whole)]
                if len(found) > _MOST:
                    raise InvalidInput("too many names", got=pattern, expected=f"at most {_MOST}")
        return [f"{self._where}/{key}" for key in sorted(found)]

    @contextmanager
    def read(
        self, address: str, *, offset: int = 0, of: Validators | None = None, unless: Validators | None = None
    ) -> Iterator[Answer | None]:
        """Open an object; see `Door.read`."""
        key = self._key(address)
        with self._as_transient():
            meta = obstore.head(self._store, key)
            validators = {"etag": meta["e_tag"]} if meta["e_tag"] else {}
            if validators and unless == validators:
                yield None
                return
            begins = offset if validators and of == validators else 0
            yield Answer(begins, meta["size"], validators, self._pieces(key, begins, meta))

    def _pieces(self, key: str, begins: int, meta: obstore.ObjectMeta) -> Iterator[bytes]:
        """Yield an object in requests of their own: the time-out of the library bounds a whole request."""
        same = {"if_match": meta["e_tag"]} if meta["e_tag"] else {}
        for first in range(begins, meta["size"], _PIECE):
            span = (first, min(first + _PIECE, meta["size"]))
            found = obstore.get(self._store, key, options={"range": span, **same})  # type: ignore[arg-type]
            yield bytes(found.bytes())

    def _key(self, address: str) -> str:
        if not address.startswith(f"{self._where}/"):
            raise InvalidInput("an object outside the bucket", where=self._where, got=address)
        return address.removeprefix(f"{self._where}/")

    @contextmanager
    def _as_transient(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.NotFoundError, FileNotFoundError) as error:
            raise NotFound("not there", where=self._where, got=str(error)[:200]) from None
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise InvalidInput("credentials are refused", where=self._where, got=str(error)[:200]) from None
        except (exceptions.BaseError, OSError) as error:
            reason = Unreachable("the store does not answer", where=self._where, got=str(error)[:200])
            raise Transient(reason) from None


def _fits(key: str, pattern: str) -> bool:
    parts, wanted = key.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
