"""A message as it may go to a terminal: one line, of a bounded length, with nothing in it that steers the terminal."""

MAX_LETTERS = 1000


def one_line(text: str) -> str:
    """`text` with what cannot be printed as an escape, and its middle left out where it is long."""
    text = _cut(text)
    if text.isprintable():
        return text
    escaped = (one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode() for one in text)
    return _cut("".join(escaped))


def _cut(text: str) -> str:
    if len(text) <= MAX_LETTERS:
        return text
    return "{} [...] {}".format(text[: MAX_LETTERS // 2], text[-MAX_LETTERS // 4 :])
