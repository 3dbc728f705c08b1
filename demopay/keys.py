"""Ed25519 key pairs in a folder, made at first start and kept."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key and the serial under which others know its public half."""

    private: Ed25519PrivateKey
    serial: str


def load_or_make(folder: Path, name: str) -> KeyPair:
    """The pair `<name>.key.pem`; makes it and `<name>.pub.pem` when the folder has none."""
    path = folder / f"{name}.key.pem"
    if not path.exists():
        _make(folder, name)
    private = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError(f"{path} is not an Ed25519 key")
    return KeyPair(private, serial_of(private.public_key()))


def load_public(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file. Raises FileNotFoundError or TypeError."""
    public = load_pem_public_key(path.read_bytes())
    if not isinstance(public, Ed25519PublicKey):
        raise TypeError(f"{path} is not an Ed25519 key")
    return public


def serial_of(public: Ed25519PublicKey) -> str:
    """20 hex digits of the key's fingerprint."""
    return sha256(public.public_bytes_raw()).hexdigest()[:20].upper()


def _make(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pub.pem").write_bytes(public)
    path = folder / f"{name}.key.pem"
    path.touch(mode=0o600)
    path.write_bytes(secret)
