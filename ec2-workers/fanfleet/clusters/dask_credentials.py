"""TLS credentials for Dask, which has no other way to know its own."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def credentials(secret: str) -> tuple[str, str]:
    """A self-signed certificate and its key, in PEM, as `distributed.Security.temporary` makes them.

    They depend on the secret alone, so that all hosts of a fleet have the same without sending a key around: the key
    is derived by HKDF (RFC 5869), and signatures of Ed25519 (RFC 8032) are deterministic. They are as good as long as
    the secret is, so the dates only have to enclose any clock.
    """
    key = Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, None, b"fanfleet dask").derive(secret.encode()))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fanfleet")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, None)
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM).decode(), pem.decode()
