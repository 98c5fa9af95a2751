"""Bearer tokens: JSON Web Tokens (RFC 7519) of one issuer for this audience.

A key decides the algorithm, never a token's header: RSA goes with RS256, P-256 with ES256, Ed25519 with EdDSA. A shared
secret (HS256) is used only where nothing else is given, so that no public key can ever be taken for one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from services.model.errors import TokenFault, UnauthenticatedError
from services.runtime.caller import Caller, Scope

_TENANT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REQUIRED: Final = ("exp", "iss", "aud", "tenant")
_MIN_RSA_BITS: Final = 2048
_MIN_SECRET_BYTES: Final = 32
_MAX_TOKEN_CHARS: Final = 8192
_MAX_SUBJECT_CHARS: Final = 128
# The first that fits counts: some are kinds of others.
_FAULTS: Final[tuple[tuple[type[jwt.PyJWTError], TokenFault], ...]] = (
    (jwt.ExpiredSignatureError, TokenFault.EXPIRED),
    (jwt.ImmatureSignatureError, TokenFault.NOT_YET_VALID),
    (jwt.InvalidIssuerError, TokenFault.ISSUER),
    (jwt.InvalidAudienceError, TokenFault.AUDIENCE),
    (jwt.InvalidSignatureError, TokenFault.SIGNATURE),
    (jwt.InvalidAlgorithmError, TokenFault.KEY),
    (jwt.InvalidKeyError, TokenFault.KEY),
    (jwt.DecodeError, TokenFault.UNREADABLE),
    (jwt.InvalidTokenError, TokenFault.CLAIMS),
)


class KeyFileError(ValueError):
    """A file does not hold what tokens can be checked with."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """What checks signatures, and the one algorithm that it is for."""

    key: Any
    algorithm: str


TokenKeys = Mapping[str, TokenKey]
"""Keys by ``kid``; a key that stands alone has the empty name and checks tokens whatever their ``kid``."""


def read_public_keys(path: Path) -> TokenKeys:
    """Read a public key (PEM) or a set of them (JWKS, RFC 7517).

    Raises
    ------
    KeyFileError
        When the file cannot be read, holds a private key or a secret, or a key of another kind or too weak.
    """
    content = _content(path)
    if content.lstrip().startswith(b"{"):
        return _key_set(content, path)
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} holds no public key in PEM form and no JWKS") from error
    return {"": _public_key(key, path)}


def read_secret(path: Path) -> TokenKeys:
    """Read a shared secret for HS256; white space around it does not count.

    Raises
    ------
    KeyFileError
        When the file cannot be read or the secret has fewer than 32 bytes.
    """
    secret = _content(path).strip()
    if len(secret) < _MIN_SECRET_BYTES:
        raise KeyFileError(f"{path} holds a secret of {len(secret)} bytes, fewer than {_MIN_SECRET_BYTES}")
    if secret.startswith(b"-----BEGIN") or secret.startswith(b"{"):
        raise KeyFileError(f"{path} holds a key, not a secret: anybody who knows a public key could sign with it")
    return {"": TokenKey(secret, "HS256")}


class TokenReader:
    """Tells from a token who calls.

    Parameters
    ----------
    keys
        What tokens are signed with.
    issuer, audience
        What ``iss`` has to be, and what ``aud`` has to be or contain.
    leeway_s
        How far clocks may be apart.
    """

    def __init__(self, keys: TokenKeys, issuer: str, audience: str, leeway_s: float) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway_s = leeway_s

    def caller_of(self, token: str) -> Caller:
        """Check a token and read its claims.

        Raises
        ------
        UnauthenticatedError
            When anything about it is not in order; the cause names what, without the token.
        """
        if len(token) > _MAX_TOKEN_CHARS:
            raise UnauthenticatedError("token too long")
        try:
            key = self._key_of(token)
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway_s,
                options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise UnauthenticatedError(type(error).__name__, _fault(error)) from error
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            # What a hostile token can make of numbers and nesting that the library does not foresee.
            raise UnauthenticatedError(f"unreadable, {type(error).__name__}") from error
        return _caller(claims)

    def _key_of(self, token: str) -> TokenKey:
        alone = self._keys.get("")
        if alone is not None:
            return alone
        name = jwt.get_unverified_header(token).get("kid")
        key = self._keys.get(name) if isinstance(name, str) else None
        if key is None:
            raise UnauthenticatedError("unknown key", TokenFault.KEY)
        return key


def _fault(error: jwt.PyJWTError) -> TokenFault:
    return next((fault for kind, fault in _FAULTS if isinstance(error, kind)), TokenFault.UNREADABLE)


def _caller(claims: Mapping[str, Any]) -> Caller:
    tenant, scope, subject = claims["tenant"], claims.get("scope", ""), claims.get("sub", "")
    if not isinstance(tenant, str) or not _TENANT.fullmatch(tenant):
        raise UnauthenticatedError("no tenant", TokenFault.CLAIMS)
    if not isinstance(scope, str):
        raise UnauthenticatedError("scope is no text", TokenFault.CLAIMS)
    known = {member.value for member in Scope}
    scopes = frozenset(Scope(word) for word in scope.split() if word in known)
    return Caller(tenant, scopes, str(subject)[:_MAX_SUBJECT_CHARS])


def _key_set(content: bytes, path: Path) -> TokenKeys:
    try:
        entries = json.loads(content)["keys"]
        if not isinstance(entries, list) or not entries:
            raise KeyFileError(f"{path} is a JWKS without keys")
        keys: dict[str, TokenKey] = {}
        for entry in entries:
            if entry.get("use", "sig") != "sig":
                continue
            name = str(entry.get("kid", ""))
            if name in keys or (not name and len(entries) > 1):
                raise KeyFileError(f"{path}: each key needs a kid of its own")
            if entry.get("kty") == "oct" or "d" in entry:
                raise KeyFileError(f"{path}: {name or 'the key'} is secret; give public keys only")
            keys[name] = _public_key(jwt.PyJWK(entry).key, path)
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
        if isinstance(error, KeyFileError):
            raise
        raise KeyFileError(f"{path} is no JWKS of keys for RS256, ES256 or EdDSA") from error
    if not keys:
        raise KeyFileError(f"{path} has no key for signatures")
    return keys


def _public_key(key: object, path: Path) -> TokenKey:
    match key:
        case RSAPublicKey():
            if key.key_size < _MIN_RSA_BITS:
                raise KeyFileError(f"{path}: an RSA key of {key.key_size} bits, fewer than {_MIN_RSA_BITS}")
            return TokenKey(key, "RS256")
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return TokenKey(key, "ES256")
        case Ed25519PublicKey():
            return TokenKey(key, "EdDSA")
        case _:
            raise KeyFileError(f"{path}: only RSA, P-256 and Ed25519 keys are used")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
