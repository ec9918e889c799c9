"""Where a board's sensors are, and what they read: Nano (L4T 32), Orin (L4T 35 and 36), and any Linux machine.

Paths: NVIDIA's Jetson Linux developer guides (power management of the Nano; platform power and performance of the
Orin) and real boards' trees, see tests/jetson/boards/SOURCES.md.
"""

import re
from typing import List, NamedTuple, Optional, Tuple

from jetson.board.sysfs import Tree
from runtime.figures.board import Named

_GPU_NAMES = re.compile(r"gpu|ga10b|gv11b|gp10b")
_NO_TEMPERATURE = re.compile(r"PMIC|fan-est|iwlwifi", re.IGNORECASE)
"""A constant 100 C, a mean that steers the fan, and a radio."""
_SUM_OF_SHUNTS = "sum of shunt voltages"


class Temperatures:
    """Of the thermal zones, in degrees Celsius."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._zones: List[Tuple[str, str]] = []
        for zone in tree.glob("/sys/class/thermal/thermal_zone*"):
            kind = tree.text(zone + "/type") or ""
            if kind and not _NO_TEMPERATURE.search(kind):
                self._zones.append((re.sub(r"[-_](therm|thermal)$", "", kind), zone + "/temp"))

    def read(self) -> Named:
        """A zone that cannot be read now (some are off while their unit is) is left out."""
        found = [(name, self._tree.number(path)) for name, path in self._zones]
        # -256 C is what a sensor that is off says; 150 C is above any of them.
        return tuple((name, milli / 1000) for name, milli in found if milli is not None and -40e3 < milli < 150e3)


class Rails:
    """Of the power monitor (INA3221), in mW."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._in_mw: List[Tuple[str, str]] = []
        self._in_mv_ma: List[Tuple[str, str, str]] = []
        for path in tree.glob("/sys/bus/i2c/drivers/ina3221x/*/iio:device*/rail_name_*"):
            folder, number = path.rsplit("/", 1)[0], path[-1]
            self._in_mw.append((tree.text(path) or number, "{}/in_power{}_input".format(folder, number)))
        for path in tree.glob("/sys/bus/i2c/drivers/ina3221/*/hwmon/hwmon*/in*_label"):
            name, folder = tree.text(path) or "", path.rsplit("/", 1)[0]
            number = re.sub(r"\D", "", path.rsplit("/", 1)[1])
            if name and name != _SUM_OF_SHUNTS:
                self._in_mv_ma.append(
                    (name, folder + "/in{}_input".format(number), folder + "/curr{}_input".format(number))
                )

    def read(self) -> Named:
        """A rail that cannot be read is left out."""
        rails = [(name, self._tree.number(path)) for name, path in self._in_mw]
        for name, volts, amperes in self._in_mv_ma:
            mv, ma = self._tree.number(volts), self._tree.number(amperes)
            rails.append((name, None if mv is None or ma is None else mv * ma / 1000))
        return tuple((name, mw) for name, mw in rails if mw is not None)


class GpuState(NamedTuple):
    """Of the integrated GPU."""

    load_percent: Optional[float] = None
    clock_mhz: Optional[float] = None
    max_clock_mhz: Optional[float] = None


class Gpu:
    """The one that has a devfreq node."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        nodes = [path for path in tree.glob("/sys/class/devfreq/*") if _GPU_NAMES.search(path.rsplit("/", 1)[1])]
        self._node = nodes[0] if nodes else None
        loads = [] if self._node is None else [self._node + "/device/load"]
        loads += ["/sys/devices/gpu.0/load", "/sys/devices/57000000.gpu/load"]
        self._load = next((path for path in loads if tree.exists(path)), None)

    def read(self) -> GpuState:
        load = None if self._load is None else self._tree.number(self._load)
        return GpuState(None if load is None else load / 10, self._mhz("cur_freq"), self._mhz("max_freq"))

    def _mhz(self, name: str) -> Optional[float]:
        hz = None if self._node is None else self._tree.number("{}/{}".format(self._node, name))
        return None if hz is None else hz / 1e6


class CpuState(NamedTuple):
    """Of all cores that are on."""

    load_percent: Optional[float] = None
    clock_mhz: Optional[float] = None
    max_clock_mhz: Optional[float] = None


class Cpu:
    """Loads are those between two readings."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._cores = tree.glob("/sys/devices/system/cpu/cpu[0-9]*/cpufreq")
        self._before: Optional[Tuple[float, float]] = None

    def read(self) -> CpuState:
        return CpuState(self._load_percent(), self._mean_mhz("scaling_cur_freq"), self._mean_mhz("scaling_max_freq"))

    def _mean_mhz(self, name: str) -> Optional[float]:
        khz = [self._tree.number("{}/{}".format(core, name)) for core in self._cores]
        known = [value for value in khz if value is not None]
        return sum(known) / len(known) / 1000 if known else None

    def _load_percent(self) -> Optional[float]:
        line = (self._tree.text("/proc/stat") or "").split("\n", 1)[0].split()
        if len(line) < 6 or line[0] != "cpu":
            return None
        ticks = [float(part) for part in line[1:9]]
        idle, total = ticks[3] + ticks[4], sum(ticks)
        before, self._before = self._before, (idle, total)
        if before is None or total <= before[1]:
            return None
        return 100 * (1 - (idle - before[0]) / (total - before[1]))


def memory_mib(tree: Tree) -> Tuple[Optional[float], Optional[float]]:
    """Used and total; used is what no program could have any more."""
    found = dict(re.findall(r"^(MemTotal|MemAvailable):\s+(\d+) kB", tree.text("/proc/meminfo") or "", re.MULTILINE))
    if len(found) < 2:
        return None, None
    total, available = float(found["MemTotal"]) / 1024, float(found["MemAvailable"]) / 1024
    return total - available, total
