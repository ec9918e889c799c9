"""What a scene can be asked for, and the ranges that part training scenes from held-out ones."""

from typing import NamedTuple, Tuple

Range = Tuple[float, float]
SPLITS = ("train", "heldout")


class SceneSettings(NamedTuple):
    """The scene is a pure function of these, the frame size and the time."""

    products: int = 8
    """How many product objects there are at once, 1..60."""
    seed: int = 3
    """Which scene."""
    speed: float = 1.0
    """How fast scene time passes; 0 stands still."""
    split: str = "train"
    """"train" or "heldout": backgrounds, light and placements of the two never overlap."""
    hard: bool = False
    """Blurred, dim, crowded, small."""
    unknown: float = 0.0
    """Share of the objects that are outsiders, 0..1."""


class SplitRanges(NamedTuple):
    """Where a split draws its scenes from. No range of one split meets that of the other."""

    walls: Tuple[str, ...]
    """Keys of `materials.MATERIALS` behind the shelves."""
    boards: Tuple[str, ...]
    """Keys of `materials.MATERIALS` for the shelves."""
    exposure: Range
    """Gain at the brightest part."""
    warmth: Range
    """Red over blue, as gain: 0.1 is red +10 %, blue -10 %."""
    light_degrees: Range
    """Where light comes from: 0 right, 90 top, 180 left."""
    falloff: Range
    """How much darker the far side is."""
    shadows: Tuple[str, ...]
    """Keys of `light.SHADOWS`."""
    board_shift: Range
    """How far shelves lie below their even spacing, in frame heights."""
    camera_roll_degrees: Range
    """Tilt of the camera, either way."""


TRAIN = SplitRanges(
    walls=("plaster", "wood", "tiles", "fabric"),
    boards=("wood", "painted"),
    exposure=(1.06, 1.24),
    warmth=(-0.06, 0.06),
    light_degrees=(95.0, 200.0),
    falloff=(0.10, 0.30),
    shadows=("none", "blob"),
    board_shift=(-0.03, 0.0),
    camera_roll_degrees=(0.0, 2.0),
)
HELDOUT = SplitRanges(
    walls=("bricks", "terrazzo", "marble", "herringbone"),
    boards=("marble", "brushed"),
    exposure=(0.80, 0.98),
    warmth=(0.08, 0.15),
    light_degrees=(-20.0, 80.0),
    falloff=(0.32, 0.45),
    shadows=("blinds", "corner"),
    board_shift=(0.01, 0.04),
    camera_roll_degrees=(2.5, 4.5),
)


class Difficulty(NamedTuple):
    """What `hard` changes, in both splits alike."""

    size: Range
    """Object heights over the shelf's height."""
    exposure: float
    """Factor on the split's exposure."""
    noise: float
    """Standard deviation of the sensor's noise, grey levels."""
    defocus_px: float
    """Standard deviation of the blur of a 480-line frame."""
    shutter_s: float
    """How long motion smears."""
    crowding: float
    """Distance between neighbours over their width: below 1 they overlap."""


CLEAN = Difficulty(size=(0.86, 1.0), exposure=1.0, noise=2.5, defocus_px=0.0, shutter_s=0.004, crowding=1.25)
HARD = Difficulty(size=(0.50, 0.72), exposure=0.68, noise=8.0, defocus_px=1.1, shutter_s=0.040, crowding=0.80)


def ranges_of(settings: SceneSettings) -> SplitRanges:
    """The ranges of the split that `settings` names."""
    return TRAIN if settings.split == "train" else HELDOUT


def difficulty_of(settings: SceneSettings) -> Difficulty:
    """Clean or hard."""
    return HARD if settings.hard else CLEAN
