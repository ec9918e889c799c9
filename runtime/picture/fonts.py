"""Fonts by what they can write: a small one of our own for Latin, Greek and Cyrillic, the system's for others."""

import os
import subprocess
import threading
import unicodedata
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fonts", "DejaVuSans-subset.ttf")
USUAL = (
    "NanumGothic.ttf", "NotoSansCJK-Regular.ttc", "NotoSans-Regular.ttf", "DejaVuSans.ttf",
    "malgun.ttf", "YuGothM.ttc", "msyh.ttc", "seguisym.ttf", "AppleSDGothicNeo.ttc", "Arial Unicode.ttf",
)  # fmt: skip
"""Where there is no fontconfig (Windows, macOS), Pillow looks for these names in the system's own font folders."""
ASK_S = 3.0
"""How long fontconfig may take; its first answer, without its cache, takes a second on a Nano's card."""
PACKAGES = (
    ("HANGUL", "fonts-nanum"),
    ("CJK", "fonts-noto-cjk"),
    ("HIRAGANA", "fonts-noto-cjk"),
    ("KATAKANA", "fonts-noto-cjk"),
)
"""Debian's package for the letters whose Unicode name begins so."""
OTHER_PACKAGE = "fonts-noto-core"
_NOBODYS = "\U0010fffe"
"""A code point that no font has: its glyph is the one for all that is missing."""


class Face(NamedTuple):
    """A font file, and which of its fonts."""

    path: str
    number: int = 0


_OURS = Face(SHIPPED)


def import_pillow() -> Any:
    """Pillow's ImageFont and ImageDraw hang on it. Here alone, and lazily."""
    from PIL import Image, ImageDraw, ImageFont

    return Image, ImageDraw, ImageFont


class Fonts:
    """Which face writes which letter; asks the system once for each letter that ours lacks. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._opened: Dict[Tuple[Face, int], Any] = {}
        self._faces: Dict[str, Optional[Face]] = {}
        self._found: List[Face] = [_OURS]

    def open(self, face: Face, size_px: int) -> Any:
        """Pillow's font, `size_px` pixels to the em. OSError where it cannot be read or has no such size."""
        with self._lock:
            key = (face, size_px)
            if key not in self._opened:
                _, _, image_font = import_pillow()
                # Without Raqm, which not every Pillow has: the same picture everywhere.
                layout = getattr(image_font, "Layout", image_font)
                basic = getattr(layout, "BASIC", None) if layout is not image_font else image_font.LAYOUT_BASIC
                self._opened[key] = image_font.truetype(face.path, size_px, face.number, layout_engine=basic)
            return self._opened[key]

    def runs(self, text: str) -> Iterator[Tuple[str, Face]]:
        """`text` in pieces, each with the face that writes it; what none can is left to ours, which draws a box."""
        with self._lock:
            self._look_for(text)
            piece, last = "", _OURS
            for letter in text:
                face = self._faces.get(letter) or _OURS
                if letter.isspace() or unicodedata.combining(letter):
                    face = last
                if piece and face != last:
                    yield piece, last
                    piece = ""
                piece, last = piece + letter, face
            if piece:
                yield piece, last

    def missing(self, text: str) -> List[str]:
        """The letters of `text` that no font here can write, each once."""
        with self._lock:
            self._look_for(text)
            return sorted({letter for letter in text if self._faces.get(letter, _OURS) is None})

    def _look_for(self, text: str) -> None:
        new = {letter for letter in text if letter not in self._faces and letter.isprintable() and letter != " "}
        unknown = [letter for letter in sorted(new) if not self._try(letter, self._found)]
        if unknown:
            for face in list(_asked(unknown)) + [Face(name) for name in USUAL]:
                if self._can_open(face) and face not in self._found:
                    self._found.append(face)
        for letter in unknown:
            if not self._try(letter, self._found):
                self._faces[letter] = None

    def _try(self, letter: str, faces: List[Face]) -> bool:
        for face in faces:
            if self._has(face, letter):
                self._faces[letter] = face
                return True
        return False

    def _has(self, face: Face, letter: str) -> bool:
        font = self.open(face, 24)
        drawn, nothing = font.getmask(letter), font.getmask(_NOBODYS)
        return drawn.size != nothing.size or bytes(drawn) != bytes(nothing)

    def _can_open(self, face: Face) -> bool:
        try:
            self.open(face, 24)
        except (OSError, ValueError):
            return False
        return True


FONTS = Fonts()
"""One for the process: what was found stays found."""


def _asked(letters: List[str]) -> Iterator[Face]:
    """What fontconfig would take for `letters`: the face for all of them, then one for each where that is needed."""
    for wanted in [letters] + [[letter] for letter in letters[:8]]:
        pattern = "sans:charset=" + " ".join("{:x}".format(ord(letter)) for letter in wanted)
        try:
            answer = subprocess.run(
                ["fc-match", "-f", "%{file}\n%{index}\n", pattern],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=ASK_S,
            ).stdout.decode("utf-8", "surrogateescape")
        except (OSError, subprocess.TimeoutExpired):
            return
        lines = answer.splitlines()
        if len(lines) >= 2 and lines[1].isdigit():
            yield Face(lines[0], int(lines[1]) & 0xFFFF)


def advice_for(letters: List[str]) -> str:
    """Which packages have fonts for `letters`, by their Unicode names."""
    packages = []
    for letter in letters:
        name = unicodedata.name(letter, "")
        package = next((package for start, package in PACKAGES if name.startswith(start)), OTHER_PACKAGE)
        if package not in packages:
            packages.append(package)
    return "apt-get install " + " ".join(packages)
