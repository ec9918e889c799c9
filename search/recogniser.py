"""What embeddings were made by, in words that are kept beside them."""

from __future__ import annotations

from runtime.bundle import Bundle


def recogniser_of(bundle: Bundle) -> str:
    """Its name and the first digits of its classifier's SHA-256; equal ones give comparable embeddings."""
    return bundle.recogniser
