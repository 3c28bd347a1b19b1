"""Which certificate authorities TLS is verified with: those of a file of one's own, or the usual ones."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare

# As requests reads them, the first that is set.
VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def find_bundle(ca_bundle: str | None) -> str | None:
    """Return the file or folder to verify with: the one given, else the environment's; None for the usual authorities.

    Raises `InvalidInput` for one that cannot be used.
    """
    if ca_bundle is not None:
        check_bundle(ca_bundle)
        return ca_bundle
    for variable in VARIABLES:
        bundle = os.environ.get(variable)
        if bundle:
            check_environment_bundle(bundle)
            return bundle
    return None


def check_bundle(ca_bundle: str) -> None:
    """Load a bundle that was given by name. Raises `InvalidInput`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if Path(ca_bundle).is_dir():
            context.load_verify_locations(capath=ca_bundle)
        else:
            context.load_verify_locations(cafile=ca_bundle)
    except ssl.SSLError:
        raise_bare(_bundle_error("contains no certificates in PEM form"))
    except (OSError, ValueError):
        raise_bare(_bundle_error("cannot be read"))


def check_environment_bundle(bundle: str) -> None:
    """Raise `InvalidInput` where there is no such file; it is usually the system's, large and good, and not loaded."""
    if not Path(bundle).exists():
        raise InvalidInput(
            "the certificate bundle named by the environment does not exist",
            remedy="correct or unset REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE)",
        )


def _bundle_error(flaw: str) -> InvalidInput:
    return InvalidInput(
        f"ca_bundle {flaw}",
        remedy="name a file with the certificate authorities to trust",
    )
