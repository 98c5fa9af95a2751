"""Tokens: one algorithm for each key, every claim checked, nothing taken on trust."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from services.model.errors import UnauthenticatedError
from services.runtime.caller import Caller, Scope
from services.runtime.tokens import KeyFileError, TokenKey, TokenReader, read_public_keys, read_secret
from tests.credentials import AUDIENCE, ISSUER, claims, private_pem, public_pem

SECRET = b"s" * 32
RSA = rsa.generate_private_key(65_537, 2048)
KEYS: dict[str, Any] = {
    "RS256": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}

STRANGE = TokenKey(KEYS["ES256"].public_key(), "ES256")


def reader(path: Path, content: bytes, leeway_s: float = 5.0) -> TokenReader:
    path.write_bytes(content)
    return TokenReader(read_public_keys(path), ISSUER, AUDIENCE, leeway_s)


@pytest.fixture
def es256(tmp_path: Path) -> TokenReader:
    return reader(tmp_path / "key.pem", public_pem(KEYS["ES256"]))


def sign(algorithm: str = "ES256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), KEYS[algorithm], algorithm)


def jwk(algorithm: str, key: Any, **more: str) -> dict[str, Any]:
    made: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True)
    return made | more


@pytest.mark.parametrize("algorithm", KEYS)
def test_each_kind_of_key_checks_its_own_algorithm(tmp_path: Path, algorithm: str) -> None:
    tokens = reader(tmp_path / "key.pem", public_pem(KEYS[algorithm]))
    caller = tokens.caller_of(sign(algorithm, tenant="jilin-1", scope="dispatcher unheard-of"))
    assert caller == Caller("jilin-1", frozenset({Scope.DISPATCHER}), "somebody")
    for other in set(KEYS) - {algorithm}:
        with pytest.raises(UnauthenticatedError):
            tokens.caller_of(sign(other))


def test_a_secret_checks_hs256_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(SECRET + b"\n")
    tokens = TokenReader(read_secret(tmp_path / "secret"), ISSUER, AUDIENCE, 5.0)
    assert tokens.caller_of(jwt.encode(claims(), SECRET, "HS256")).tenant == "huadian"
    for token in (sign(), jwt.encode(claims(), SECRET * 2, "HS512"), f"{part({'alg': 'none'})}.{part(claims())}."):
        with pytest.raises(UnauthenticatedError):
            tokens.caller_of(token)


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_token_is_refused(es256: TokenReader, name: str) -> None:
    for signature in ("", "x"):
        with pytest.raises(UnauthenticatedError):
            es256.caller_of(f"{part({'alg': name})}.{part(claims())}.{signature}")


def test_a_public_key_is_never_taken_for_a_secret(tmp_path: Path) -> None:
    pem = public_pem(RSA)
    tokens = reader(tmp_path / "key.pem", pem)
    # Made by hand: the library refuses to sign with a key like this one.
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims())}"
    signature = base64.urlsafe_b64encode(hmac.digest(pem, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    with pytest.raises(UnauthenticatedError):
        tokens.caller_of(f"{signed}.{signature}")


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"iss": None},
        {"aud": None},
        {"tenant": None},
        {"exp": int(time.time()) - 86_400},
        {"nbf": int(time.time()) + 86_400},
        {"iss": "https://another.test"},
        {"aud": "another"},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"tenant": ""},
        {"tenant": "a/b"},
        {"tenant": "a:b"},
        {"tenant": "a\n"},
        {"tenant": "村"},
        {"tenant": "x" * 65},
        {"tenant": 7},
        {"tenant": ["huadian"]},
        {"scope": ["dispatcher"]},
        {"sub": 7},
    ],
    ids="-".join,  # workers of a test run have to agree on the names, and values hold the time
)
def test_a_claim_that_is_not_in_order_is_refused(es256: TokenReader, changes: dict[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError):
        es256.caller_of(sign(**changes))


def test_clocks_may_be_a_little_apart(es256: TokenReader) -> None:
    assert es256.caller_of(sign(exp=int(time.time()) - 2)).tenant == "huadian"


def test_scopes_that_are_not_named_are_not_had(es256: TokenReader) -> None:
    assert es256.caller_of(sign(scope=None)).scopes == frozenset()
    assert es256.caller_of(sign(scope="DISPATCHER dispatcher,operator")).scopes == frozenset()


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "e30.e30.e30", "\x00", "村", "x" * 10_000, f"{part({'alg': 'ES256'})}.{'[' * 2_000}.x"],
    ids=repr,
)
def test_what_is_no_token_is_refused(es256: TokenReader, token: str) -> None:
    with pytest.raises(UnauthenticatedError) as caught:
        es256.caller_of(token)
    assert str(caught.value) == "a valid token is needed"
    assert token not in caught.value.cause or token in ("", ".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["alg", "kid", "crit", "b64", "typ", "jwk", "jku", "x5u"])


@given(header=st.dictionaries(NAMES, JSON | st.sampled_from(["ES256", "none", "HS256"])) | JSON, body=JSON)
def test_no_header_makes_anything_but_a_refusal(header: Any, body: Any) -> None:
    token = f"{part(header)}.{part(body)}.c2lnbmF0dXJl"
    for keys in ({"": STRANGE}, {"one": STRANGE, "two": STRANGE}):
        with pytest.raises(UnauthenticatedError):
            TokenReader(keys, ISSUER, AUDIENCE, 5.0).caller_of(token)


@given(st.dictionaries(st.sampled_from([*claims(), "nbf", "iat", "jti"]), JSON))
def test_no_claims_make_anything_but_a_caller_or_a_refusal(changes: dict[str, Any]) -> None:
    signed = jwt.api_jws.encode(json.dumps(claims() | changes).encode(), KEYS["ES256"], "ES256")
    try:
        caller = TokenReader({"": STRANGE}, ISSUER, AUDIENCE, 5.0).caller_of(signed)
    except UnauthenticatedError:
        return
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", caller.tenant)


@given(st.text() | st.text("abc.=-_", max_size=50))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        TokenReader({"": STRANGE}, ISSUER, AUDIENCE, 5.0).caller_of(text)


def test_a_changed_token_is_refused(es256: TokenReader) -> None:
    head, body, signature = sign().split(".")
    other = part(claims(tenant="another"))
    assert other != body
    with pytest.raises(UnauthenticatedError):
        es256.caller_of(f"{head}.{other}.{signature}")


def test_keys_of_a_set_are_found_by_their_name(tmp_path: Path) -> None:
    keys = [jwk(name, key.public_key(), kid=name) for name, key in KEYS.items()]
    unused = jwk("RS256", RSA.public_key(), kid="for encryption", use="enc")
    tokens = reader(tmp_path / "keys.json", json.dumps({"keys": [*keys, unused]}).encode())
    for name, key in KEYS.items():
        assert tokens.caller_of(jwt.encode(claims(), key, name, headers={"kid": name})).tenant == "huadian"
        for kid in (None, "unknown", "for encryption", next(other for other in KEYS if other != name)):
            headers = {} if kid is None else {"kid": kid}
            with pytest.raises(UnauthenticatedError):
                tokens.caller_of(jwt.encode(claims(), key, name, headers=headers))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        private_pem(KEYS["ES256"]),
        public_pem(rsa.generate_private_key(65_537, 1024)),
        public_pem(ec.generate_private_key(ec.SECP384R1())),
        b"{}",
        b'{"keys": []}',
        b'{"keys": [7]}',
        json.dumps({"keys": [jwk("HS256", SECRET, kid="a")]}).encode(),
        json.dumps({"keys": [jwk("RS256", RSA, kid="private")]}).encode(),
        json.dumps({"keys": [jwk("RS256", RSA.public_key())] * 2}).encode(),
        json.dumps({"keys": [jwk("RS256", RSA.public_key(), kid="a")] * 2}).encode(),
        json.dumps({"keys": [jwk("RS256", RSA.public_key(), use="enc")]}).encode(),
    ],
)
def test_a_file_without_usable_public_keys_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="keys"):
        read_public_keys(path)


@pytest.mark.parametrize("content", [b"", b"short", public_pem(RSA), private_pem(RSA)])
def test_a_weak_secret_is_refused_and_so_is_a_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(KeyFileError) as caught:
        read_secret(path)
    assert "short" not in str(caught.value)
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_secret(tmp_path / "nothing")
