"""How GStreamer lays out raw BGR: each row padded to a multiple of four bytes."""

import numpy as np


def row_bytes(width: int) -> int:
    """Of one row of `width` pixels."""
    return (width * 3 + 3) & ~3


def image_from_rows(rows: np.ndarray, width: int) -> np.ndarray:
    """(H, width, 3) uint8 BGR, contiguous, of (H, row_bytes) uint8; no copy where nothing is padded."""
    return np.ascontiguousarray(rows[:, : width * 3]).reshape(len(rows), width, 3)


def rows_from_image(image: np.ndarray) -> np.ndarray:
    """(H, row_bytes) uint8, contiguous, of (H, W, 3) uint8 BGR; no copy where nothing has to be padded."""
    rows = image.reshape(len(image), -1)
    padding = row_bytes(image.shape[1]) - rows.shape[1]
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, padding)), mode="constant") if padding else rows)
