"""What the board says of itself: heat, power, clocks, memory. Filled in by jetson.telemetry, handed down by the top."""

from typing import Any, Dict, NamedTuple, Optional, Tuple

NOT_AVAILABLE = "not available"

Named = Tuple[Tuple[str, float], ...]
"""Pairs of a sensor's name and its value, in the board's order."""

TOTAL_RAILS = ("POM_5V_IN", "VDD_IN", "VIN_SYS_5V0")
"""Rails that carry all that the module draws, by board: Nano, Orin, AGX."""


class BoardReading(NamedTuple):
    """One look at the board; what it has no sensor for is empty or None."""

    temperatures_celsius: Named = ()
    rails_mw: Named = ()
    gpu_load_percent: Optional[float] = None
    gpu_clock_mhz: Optional[float] = None
    gpu_max_clock_mhz: Optional[float] = None
    """The highest that the power mode allows."""
    cpu_load_percent: Optional[float] = None
    """Of all cores together, since the reading before."""
    cpu_clock_mhz: Optional[float] = None
    """Mean of the cores that are on."""
    cpu_max_clock_mhz: Optional[float] = None
    memory_used_mib: Optional[float] = None
    memory_total_mib: Optional[float] = None
    throttled: str = ""
    """What holds the clocks down: "GPU at 614 of 921 MHz, 78 C". Empty: nothing that the board would tell."""

    @property
    def hottest_celsius(self) -> Optional[float]:
        """Of all sensors."""
        return max([value for _, value in self.temperatures_celsius], default=None)

    @property
    def total_mw(self) -> Optional[float]:
        """What the whole module draws, in mW."""
        return next((value for name, value in self.rails_mw if name in TOTAL_RAILS), None)


class Board:
    """The contract: the latest reading, and the run's figures. This one is no board, and knows nothing."""

    def latest(self) -> Optional[BoardReading]:
        """None where there is none, or none yet. Never waits."""
        return None

    def summary(self) -> Dict[str, Any]:
        """For the report: each field as min, mean and max over the run, or NOT_AVAILABLE. Empty: no board watched."""
        return {}

    def close(self) -> None:
        """Stop looking. May be called twice."""

    def __enter__(self) -> "Board":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def board_line(reading: BoardReading, true_fps: Optional[float] = None, is_short: bool = False) -> str:
    """One line for page and log: heat, power, loads, clocks, memory; what is unknown is left out.

    `is_short`: for the picture, without clocks and memory.
    """
    parts = []
    if reading.hottest_celsius is not None:
        parts.append("{:.0f} C".format(reading.hottest_celsius))
    if reading.total_mw is not None:
        parts.append("{:.1f} W".format(reading.total_mw / 1000))
        ratio = None if true_fps is None else fps_per_watt(true_fps, reading.total_mw)
        if ratio is not None:
            parts.append("{:.1f} fps/W".format(ratio))
    for name, load_percent, clock_mhz in (
        ("GPU", reading.gpu_load_percent, reading.gpu_clock_mhz),
        ("CPU", reading.cpu_load_percent, reading.cpu_clock_mhz),
    ):
        if load_percent is not None:
            at = "" if clock_mhz is None or is_short else " at {:.0f} MHz".format(clock_mhz)
            parts.append("{} {:.0f} %{}".format(name, load_percent, at))
    if reading.memory_used_mib is not None and not is_short:
        parts.append("{:.1f} GiB".format(reading.memory_used_mib / 1024))
    return ", ".join(parts)


def fps_per_watt(true_fps: float, total_mw: Optional[float]) -> Optional[float]:
    """True frames per second for each watt that the module draws; None where the board does not tell its power."""
    return true_fps / (total_mw / 1000) if total_mw else None
