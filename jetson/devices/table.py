"""The devices as a table for a terminal."""

from typing import Iterable, List, Optional, Sequence

from jetson.devices.device import Device
from runtime.command_line.one_line import one_line

COLUMNS = ("device", "state", "true fps", "heat", "version", "bundle", "last seen", "last fault")
NOTHING = "-"
MOST_LETTERS = 80
"""Of a cell."""


def table(devices: Sequence[Device]) -> List[str]:
    """Lines, the columns' names first."""
    return aligned([COLUMNS] + [cells(device) for device in devices])


def cells(device: Device) -> Sequence[str]:
    """One for each of COLUMNS, as safe as a terminal needs it."""
    heat = None if device.temperature_celsius is None else "{:.0f} C".format(device.temperature_celsius)
    fps = None if device.true_fps is None else "{:.1f}".format(device.true_fps)
    fault = device.last_fault and "{} {}".format(_moment(device.last_fault_at) or "", device.last_fault).strip()
    told: Iterable[Optional[str]] = (
        device.prefix, device.state, fps if device.is_online else NOTHING,
        heat and heat + (" throttled" if device.throttled else ""), device.version, device.bundle_line,
        _moment(device.last_seen), fault,
    )  # fmt: skip
    return [_cell(text) for text in told]


def aligned(rows: Sequence[Sequence[str]]) -> List[str]:
    """Each column as wide as its widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def safe(text: str) -> str:
    """What devices told, as it may go to a terminal."""
    return one_line(text)


def _moment(told: Optional[str]) -> Optional[str]:
    """2026-11-27T11:59:02.681Z as 2026-11-27 11:59:02Z."""
    return told and told[:10] + " " + told[11:19] + "Z"


def _cell(text: Optional[str]) -> str:
    text = safe(text or NOTHING)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 3] + "..."
