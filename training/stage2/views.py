"""Training examples: views of regions by chance, many at once, cut and spoiled where the network is trained.

The regions lie on the device, each stretched to one square; a view samples its region once, whatever turns, zooms and
mirrors it.
"""

import math
from typing import Any, Callable, Dict, List, Sequence, Tuple

import cv2
import numpy as np
import torch
from torch.nn import functional

from runtime.recognition.letterbox import PADDING
from training.stage2.crops import CONTEXT, Region

GREY = PADDING / 255


class Chance:
    """Draws for n views, on the CPU, so that a seed means the same on every device."""

    def __init__(self, count: int, seed: int, device: Any) -> None:
        self._count, self._device = count, device
        self._generator = torch.Generator().manual_seed(seed)

    def between(self, low: float, high: float, columns: int = 1) -> torch.Tensor:
        """(n, columns) float32, even."""
        drawn = torch.rand((self._count, columns), generator=self._generator) * (high - low) + low
        return drawn.to(self._device, non_blocking=True)

    def normal(self, columns: int) -> torch.Tensor:
        """(n, columns) float32."""
        return torch.randn((self._count, columns), generator=self._generator).to(self._device, non_blocking=True)

    def happens(self, share: float) -> torch.Tensor:
        """(n, 1) bool."""
        return self.between(0, 1) < share

    def chosen(self, share: float) -> torch.Tensor:
        """(k,) int64: which of them something happens to."""
        return (torch.rand(self._count, generator=self._generator) < share).nonzero()[:, 0].to(self._device)

    def of(self, numbers: torch.Tensor) -> "Chance":
        """Draws for those alone."""
        return Chance(len(numbers), int(torch.randint(2**31, (1,), generator=self._generator)), self._device)

    def once(self, low: float, high: float) -> float:
        """One number for all of them."""
        return low + (high - low) * float(torch.rand(1, generator=self._generator))


class Views:
    """Regions that views are taken of."""

    def __init__(self, regions: Sequence[Region], margin: float, side: int, device: Any) -> None:
        """`margin`: how much wider than its box a crop is, in all; `side`: of the largest crop asked for, in pixels."""
        self._margin, self._device = margin, torch.device(device)
        kept = math.ceil(side * (1 + CONTEXT) / (1 + margin))
        stretched = np.empty((len(regions), 3, kept, kept), np.uint8)
        for place, region in zip(stretched, regions):
            place[:] = _stretched(region.image, kept)[:, :, ::-1].transpose(2, 0, 1)
        self._pixels = torch.from_numpy(stretched).to(self._device)
        """(n, 3, k, k) uint8 RGB."""
        self._sizes = self._tensor([region.image.shape[1::-1] for region in regions])
        """(n, 2) float32: width and height in the frame."""
        self._boxes = self._tensor([region.box_px for region in regions])
        """(n, 4) float32 x1, y1, x2, y2 in the frame's pixels."""

    def _tensor(self, values: List[Any]) -> torch.Tensor:
        return torch.from_numpy(np.array(values, np.float32)).to(self._device)

    def spoiled(self, numbers: np.ndarray, side: int, spoilings: Sequence[str], seed: int) -> torch.Tensor:
        """(b, 3, side, side) float32 RGB 0..1: a view of each of the regions `numbers` (b,), int64.

        Each of the `spoilings` has its own chance. With another `side` the same views, larger or smaller.
        """
        chance = Chance(len(numbers), seed, self._device)
        pixels = self._cut(torch.from_numpy(numbers).to(self._device), side, spoilings, chance)
        for name, (share, spoil) in SPOILERS.items():
            if name in spoilings:
                chosen = chance.chosen(share)
                if len(chosen):
                    pixels[chosen] = spoil(pixels[chosen], chance.of(chosen)).clamp_(0, 1)
        return pixels

    def _cut(self, numbers: torch.Tensor, side: int, spoilings: Sequence[str], chance: Chance) -> torch.Tensor:
        """Boxes as a detector might have found them, perhaps a part of them, turned, mirrored; letterboxed on grey."""
        limits, true = self._sizes[numbers], self._boxes[numbers]
        boxes = jittered(true, chance, limits)
        if "zoom" in spoilings:
            boxes = torch.where(chance.happens(0.7), _zoomed(boxes, chance), boxes)
        top_left, bottom_right = _outward(boxes, self._margin, limits)
        size = bottom_right - top_left
        scale = side / size.amax(dim=1, keepdim=True)
        along = torch.arange(side, device=self._device) + 0.5 - side / 2
        y, x = torch.meshgrid(along, along, indexing="ij")
        places = torch.stack([x, y], dim=-1).expand(len(numbers), side, side, 2) / scale[:, None, None]
        if "flip" in spoilings:
            mirrored = torch.where(chance.happens(0.5), -1.0, 1.0)[:, None, None]
            places = places * torch.cat([mirrored, torch.ones_like(mirrored)], dim=-1)
        is_outside = (places.abs() > size[:, None, None] / 2).any(dim=-1)[:, None]
        places = places + ((top_left + bottom_right) / 2)[:, None, None]
        if "tilt" in spoilings:
            angle = torch.where(chance.happens(0.3), chance.between(-12, 12), 0.0)
            places = _turned(places, (true[:, :2] + true[:, 2:]) / 2, torch.deg2rad(angle))
        grid = places * (2 / limits)[:, None, None] - 1
        regions = self._pixels[numbers].float() / 255
        cut = functional.grid_sample(regions, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        return cut.masked_fill(is_outside, GREY)


def pixels_of(crops: np.ndarray, device: Any = "cpu") -> torch.Tensor:
    """(n, s, s, 3) uint8 BGR to (n, 3, s, s) float32 RGB 0..1."""
    return torch.from_numpy(crops).to(device).flip(-1).permute(0, 3, 1, 2).float() / 255


def crops_of(pixels: torch.Tensor) -> np.ndarray:
    """(n, 3, s, s) float32 RGB 0..1 to (n, s, s, 3) uint8 BGR."""
    return np.ascontiguousarray((pixels * 255).round().byte().permute(0, 2, 3, 1).flip(-1).cpu().numpy())


def _stretched(image: np.ndarray, side: int) -> np.ndarray:
    interpolation = cv2.INTER_AREA if min(image.shape[:2]) > side else cv2.INTER_LINEAR
    return cv2.resize(image, (side, side), interpolation=interpolation)


def jittered(boxes: torch.Tensor, chance: Chance, limits: torch.Tensor) -> torch.Tensor:
    """(n, 4) boxes as a detector might have found them: each side off by some 5 % of the size; `limits`: (n, 2)."""
    sizes = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    moved = boxes + (chance.normal(4) * 0.05).clamp(-0.12, 0.12) * sizes
    return torch.minimum(moved.clamp_min(0), limits.repeat(1, 2))


def _zoomed(boxes: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A part of each box, 35 % of its area or more, of about its own form."""
    area, form = chance.between(0.35, 1.0), chance.between(-0.25, 0.25).exp()
    size = boxes[:, 2:] - boxes[:, :2]
    part = size * torch.cat([(area * form).sqrt(), (area / form).sqrt()], dim=1).clamp_max(1.0)
    top_left = boxes[:, :2] + (size - part) * chance.between(0, 1, 2)
    return torch.cat([top_left, top_left + part], dim=1)


def _outward(boxes: torch.Tensor, margin: float, limits: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Corners (n, 2) and (n, 2) of what is cut: whole pixels, as `crops.cut`."""
    grow = (boxes[:, 2:] - boxes[:, :2]) * (margin / 2)
    top_left = torch.minimum((boxes[:, :2] - grow).floor().clamp_min(0), limits - 1)
    return top_left, torch.minimum(torch.maximum((boxes[:, 2:] + grow).ceil(), top_left + 1), limits)


def _turned(places: torch.Tensor, middles: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """`places` (n, s, s, 2) turned around `middles` (n, 2) by `angles` (n, 1), in radians."""
    cos, sin = angles.cos()[:, None, None], angles.sin()[:, None, None]
    x, y = (places - middles[:, None, None]).split(1, dim=-1)
    return torch.cat([cos * x - sin * y, sin * x + cos * y], dim=-1) + middles[:, None, None]


def _coarse(pixels: torch.Tensor, chance: Chance) -> torch.Tensor:
    """As of a small or far product: as small for all of them."""
    side = pixels.shape[-1]
    small = max(16, round(side * chance.once(0.3, 0.9)))
    mode = "area" if chance.once(0, 1) < 0.5 else "bilinear"
    shrunk = functional.interpolate(pixels, (small, small), mode=mode)
    return functional.interpolate(shrunk, (side, side), mode="bilinear")


def _lit(pixels: torch.Tensor, chance: Chance) -> torch.Tensor:
    """Brightness and colour of the light."""
    warmth = chance.between(-0.16, 0.16)
    colour = torch.cat([1 + warmth, 1 + chance.between(-0.05, 0.05), 1 - warmth], dim=1)
    return pixels * (chance.between(0.40, 1.30) * colour)[..., None, None]


def _shaded(pixels: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A soft or striped shadow across."""
    x, y = _shares(pixels)
    angle = chance.between(0, 2 * math.pi)[..., None]
    ramp = x * angle.cos() + y * angle.sin()
    stripes = (ramp * chance.between(4, 25)[..., None] + chance.between(0, 6.3)[..., None]).sin() * 0.5
    shadow = torch.where(chance.happens(0.5)[..., None], stripes, ramp)
    return pixels * (1 + chance.between(0.1, 0.6)[..., None] * shadow)[:, None]


def _blurred(pixels: torch.Tensor, chance: Chance) -> torch.Tensor:
    """Out of focus: as far for all of them."""
    sigma = chance.once(0.3, 1.6) * pixels.shape[-1] / 96
    reach = math.ceil(3 * sigma)
    steps = torch.arange(-reach, reach + 1, device=pixels.device)
    kernel = torch.exp(-((steps / sigma) ** 2) / 2)
    kernel = (kernel / kernel.sum())[None, None, None]
    padded = functional.pad(pixels, (reach,) * 4, mode="reflect").flatten(0, 1)[:, None]
    blurred = functional.conv2d(functional.conv2d(padded, kernel), kernel.transpose(2, 3))
    return blurred.reshape(pixels.shape)


def _covered(pixels: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A patch of one colour over up to a third of the picture: a finger, a neighbour, the frame's edge."""
    middles, halves = chance.between(-0.5, 0.5, 2)[..., None, None], chance.between(0.05, 0.3, 2)[..., None, None]
    x, y = _shares(pixels)
    across, down = (x - middles[:, 0]) / halves[:, 0], (y - middles[:, 1]) / halves[:, 1]
    is_ellipse = chance.happens(0.5)[..., None]
    is_covered = torch.where(is_ellipse, across**2 + down**2, torch.maximum(across.abs(), down.abs())) <= 1
    return torch.where(is_covered[:, None], chance.between(0, 1, 3)[..., None, None], pixels)


def _noisy(pixels: torch.Tensor, chance: Chance) -> torch.Tensor:
    generator = torch.Generator(pixels.device).manual_seed(int(chance.once(0, 2**31)))
    noise = torch.randn(pixels.shape, generator=generator, device=pixels.device)
    return pixels + noise * (chance.between(1, 10)[..., None, None] / 255)


def _shares(pixels: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """x as (1, 1, s) and y as (1, s, 1), from -0.5 to 0.5."""
    along = torch.linspace(-0.5, 0.5, pixels.shape[-1], device=pixels.device)
    return along[None, None, :], along[None, :, None]


SPOILERS: Dict[str, Tuple[float, Callable[[torch.Tensor, Chance], torch.Tensor]]] = {
    "coarse": (0.35, _coarse),
    "light": (1.0, _lit),
    "shadow": (0.5, _shaded),
    "blur": (0.3, _blurred),
    "cover": (0.3, _covered),
    "noise": (0.5, _noisy),
}
"""What is done to the pixels of cut views, in this order, and to what share of them."""
