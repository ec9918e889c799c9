"""The thirty products of the demo and six outsiders: shape, body, colours and label art. Every name is invented."""

from typing import NamedTuple, Tuple

from runtime.scene.canvas import Colour, rgb

SHAPES = ("rectangle", "circle", "snout bottle", "brush")
"""What stage 1 tells apart; the index is the class number."""


class Product(NamedTuple):
    """One product. Products of one family share everything but name and motif."""

    name: str
    shape: int
    """Index into SHAPES."""
    body: str
    """Key of `sprites.BODIES`: carton, tube, jar, pump, ..."""
    main: Colour
    """The body's colour."""
    accent: Colour
    """Cap, rim, collar or ferrule."""
    paper: Colour
    """Behind the label art."""
    ink: Colour
    """The label art."""
    motif: str
    """The label art: see `motifs`."""


def _family(
    shape: str, body: str, main: int, accent: int, paper: int, ink: int, members: Tuple[Tuple[str, str], ...]
) -> Tuple[Product, ...]:
    colours = (rgb(main), rgb(accent), rgb(paper), rgb(ink))
    return tuple(Product(name, SHAPES.index(shape), body, *colours, motif=motif) for name, motif in members)


PRODUCTS: Tuple[Product, ...] = (
    _family(
        "rectangle",
        "carton",
        0xE9A7B4,
        0xC9A15A,
        0xFFF3F0,
        0xB2405F,
        (("rose serum 30", "petals"), ("rose serum 50", "chevrons"), ("rose toner", "R")),
    )
    + _family(
        "rectangle",
        "tube",
        0xA9DCC8,
        0xF7F7F2,
        0xE6F6EF,
        0x1F7A5C,
        (("mint hand balm", "leaf"), ("mint foot balm", "waves")),
    )
    + _family(
        "rectangle",
        "palette",
        0x4B3140,
        0xB98A6A,
        0x6B4A5C,
        0xE9C7A6,
        (("dusk palette", "lattice"), ("dawn palette", "diagonal")),
    )
    + _family(
        "rectangle",
        "slim",
        0x1E2A52,
        0xD4AF5F,
        0x27366B,
        0xE3C47A,
        (("night mascara", "moon"), ("noir mascara", "bands")),
    )
    + _family(
        "circle",
        "jar",
        0xF4EAD6,
        0xCDA75C,
        0xFBF6EA,
        0x8C6A2B,
        (("velvet cream", "V"), ("silk cream", "rays"), ("cloud cream", "ring")),
    )
    + _family(
        "circle",
        "compact",
        0x26222A,
        0xD79A86,
        0x342E38,
        0xE8B29C,
        (("glow powder", "star"), ("matte powder", "checker")),
    )
    + _family("circle", "tin", 0x2F8F9D, 0xC9D3D6, 0x3FA5B2, 0xF2FBFB, (("sea balm", "waves"), ("reef balm", "dots")))
    + _family(
        "snout bottle",
        "pump",
        0xF3F4EE,
        0x8FA88B,
        0xDDE8D6,
        0x40624A,
        (("sage wash", "leaf"), ("sage lotion", "bands"), ("sage milk", "S")),
    )
    + _family(
        "snout bottle",
        "pump",
        0x9A5A22,
        0x2B2320,
        0xF0DFC4,
        0x5A3313,
        (("amber oil", "drop"), ("amber shampoo", "diagonal")),
    )
    + _family(
        "snout bottle",
        "snout",
        0xF28B6B,
        0xFFFFFF,
        0xFFE3B5,
        0xD2451E,
        (("sun lotion 30", "rays"), ("sun lotion 50", "chevrons")),
    )
    + _family("snout bottle", "spray", 0x6FA8DC, 0xF4F7FA, 0xE4F0FB, 0x24508A, (("ocean mist", "drop"),))
    + _family(
        "brush",
        "powder",
        0x6E2F5B,
        0xD9B36A,
        0x7B3A68,
        0xF0D08A,
        (("cheek brush", "bands"), ("powder brush", "diagonal"), ("contour brush", "dots")),
    )
    + _family(
        "brush",
        "flat",
        0xF2EBDD,
        0xB9BDC4,
        0xF7F2E7,
        0x2A2A30,
        (("base brush", "chevrons"), ("blend brush", "bands"), ("lip brush", "hourglass")),
    )
)
"""The index is the product number in the ground truth and the gallery."""

OUTSIDERS: Tuple[Product, ...] = (
    _family("rectangle", "carton", 0xE9A7B4, 0xC9A15A, 0xFFF3F0, 0xB2405F, (("stray serum", "hourglass"),))
    + _family("rectangle", "tube", 0xF0B54A, 0x3A3A3A, 0xFFF0CF, 0xB5471B, (("stray gel", "triangle"),))
    + _family("circle", "jar", 0x7FB069, 0xE7E7E7, 0xE8F5DF, 0x2F5D23, (("stray mask", "cross"),))
    + _family("circle", "compact", 0x26222A, 0xD79A86, 0x342E38, 0xE8B29C, (("stray powder", "heart"),))
    + _family("snout bottle", "pump", 0x8E6BB8, 0xEDE6F5, 0xEDE3F8, 0x4B2A7B, (("stray soap", "diamond"),))
    + _family("brush", "powder", 0x23766B, 0xC8CDD0, 0x2C8A7D, 0xF4F1E4, (("stray brush", "checker"),))
)
"""Never named: drawn to calibrate and test "unknown". Two borrow a family's colours. Product number -1 in the truth."""
