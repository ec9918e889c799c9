"""Which shipped bundle a source gets where none is named: the drawn demo knows its own products, and no others."""

DRAWN, REAL = "demo", "groceries"
_DEMO = "demo://"


def bundle_for(source: str) -> str:
    """The name of a shipped bundle for the address after --source; `auto` is taken for a camera, which comes first."""
    return DRAWN if source.split("@")[-1].startswith(_DEMO) else REAL
