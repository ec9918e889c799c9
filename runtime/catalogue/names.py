"""What a product may be called."""

import unicodedata

from runtime.errors import CatalogueError

MOST_LETTERS = 80


def product_name(text: str) -> str:
    """`text` in Unicode's composed form, without blanks around it. CatalogueError: not a name."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise CatalogueError("the name is empty: give the product a name")
    if len(name) > MOST_LETTERS:
        raise CatalogueError("the name has {} letters: give it {} at most".format(len(name), MOST_LETTERS))
    if any(letter in "/\\" for letter in name) or name.startswith((".", "-")):
        raise CatalogueError(
            "the name {!r} reads like a path or a flag: leave out / and \\, and . or - ahead".format(name)
        )
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") for letter in name):
        raise CatalogueError("the name {!r} holds letters that cannot be shown".format(name))
    return name
