"""TLS: the certificate is that of the name, although the connection goes to a judged address."""

from __future__ import annotations

import ssl
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from web_server import WebServer

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.http import HttpDoor


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate of data.example.org, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "data.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("data.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder


@contextmanager
def secure(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with closing(WebServer(context)) as server:
        server.file("/b", b"x")
        yield server


def door_to(host, port):
    endpoint = Endpoint(address=f"https://{host}:{port}", internal=True, read_seconds=2)
    return closing(HttpDoor(endpoint, lookup=lambda *_: ["127.0.0.1"]))


def test_the_certificate_is_checked_against_the_name(certificate, shelf, patience, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with secure(certificate) as server:
        with door_to("data.example.org", server.port) as door:
            assert bring(door, Wanted("b", door.address("b")), shelf, patience).size == 1
        with (
            door_to("other.example.org", server.port) as door,
            pytest.raises(InvalidInput, match="CERTIFICATE"),
        ):
            bring(door, Wanted("c", door.address("b")), shelf, patience)


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(certificate, shelf, patience, slept):
    with secure(certificate) as server, door_to("data.example.org", server.port) as door:
        with pytest.raises(InvalidInput, match="CERTIFICATE"):
            bring(door, Wanted("b", door.address("b")), shelf, patience)
        assert (server.seen, slept) == ([], [])


def test_a_redirect_out_of_tls_is_not_followed(certificate, shelf, patience, monkeypatch, web):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with secure(certificate) as server, door_to("data.example.org", server.port) as door:
        target = f"http://data.example.org:{web.port}/b"
        server.file("/b", b"", status=301, headers={"Location": target})
        with pytest.raises(InvalidInput, match="from https to http"):
            bring(door, Wanted("b", door.address("b")), shelf, patience)
    assert web.seen == []
