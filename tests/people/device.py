"""A telephone that holds passkeys: makes and signs as the WebAuthn standard says, in software."""

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

Flags = AuthenticatorData.FLAG


@dataclass
class Device:
    """`verified`: whether it checked finger, face or PIN before it signed."""

    origin: str = "http://localhost:8000"
    verified: bool = True
    counted: int = 0
    handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        self.handle = options["user"]["id"]
        public = AttestedCredentialData.create(
            b"\0" * 16, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        party = options["rp"]["id"]
        data = self._data(party, self._flags() | Flags.AT, public)
        made = AttestationObject.create("none", data, {})
        return self._answer(
            {
                "clientDataJSON": websafe_encode(self._client("webauthn.create", options)),
                "attestationObject": websafe_encode(made),
            }
        )

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        client = self._client("webauthn.get", options)
        data = self._data(options["rpId"], self._flags())
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": self.handle,
            }
        )

    def _flags(self) -> Flags:
        return Flags.UP | Flags.UV if self.verified else Flags.UP

    def _data(self, party: str, flags: Flags, public: bytes = b"") -> AuthenticatorData:
        self.counted += 1
        return AuthenticatorData.create(
            sha256(party.encode()).digest(), flags, self.counted, public
        )

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        spoken = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(spoken).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}
