"""Whether a message claims to be signed or encrypted, and by what (RFC 1847, 3156, 8551). Nothing is verified."""

from typing import Final

from models.message import Protection
from parser import signed_data
from parser.structure import Part, protects

_SIGNATURES: Final = {
    "application/pgp-signature": Protection.SIGNED_OPENPGP,  # RFC 3156 5
    "application/pkcs7-signature": Protection.SIGNED_SMIME,  # RFC 8551 3.5.3
    "application/x-pkcs7-signature": Protection.SIGNED_SMIME,
}
_IN_TEXT: Final = {
    "-----BEGIN PGP SIGNED MESSAGE-----": Protection.SIGNED_OPENPGP,  # RFC 9580 7
    "-----BEGIN PGP MESSAGE-----": Protection.ENCRYPTED_OPENPGP,
}


def read(tree: Part, said: str) -> tuple[Protection, ...]:
    """What the parts and the beginnings of the text's lines claim, each once, from the outside in."""
    found: list[Protection] = []
    stack = [tree]
    while stack:
        part = stack.pop()
        if (claim := _claim(part, tree)) is not None:
            found.append(claim)
        stack.extend(reversed(part.children))
    if "-----BEGIN PGP" in said:
        found += [claim for line, claim in _IN_TEXT.items() if f"\n{line}" in f"\n{said}"]
    return tuple(dict.fromkeys(found))


def _claim(part: Part, tree: Part) -> Protection | None:
    """What one part claims; an encrypted one is told from an opaquely signed one by its smime-type."""
    parameters = part.parameters("content-type")
    if part.kind == "multipart/encrypted":
        return Protection.ENCRYPTED_OPENPGP
    if part.kind == "multipart/signed":
        protocol = parameters.text("protocol").lower()
        signature = next((child.kind for child in part.children if child.kind in _SIGNATURES), protocol)
        return _SIGNATURES.get(protocol) or _SIGNATURES.get(signature)
    if part.is_signature:
        return Protection.SIGNED_SMIME
    if part.kind in signed_data.KINDS and protects(part, tree):
        kind = parameters.text("smime-type").lower()
        return Protection.SIGNED_SMIME if kind in {"signed-data", "certs-only"} else Protection.ENCRYPTED_SMIME
    return None
