"""Whether heat or the supply holds the clocks down, and the words for it."""

import re
from typing import List, Tuple

from jetson.board.sensors import CpuState, GpuState
from jetson.board.sysfs import Tree
from runtime.figures.board import Named

BUSY_PERCENT = 80.0
"""From this load on the governor asks for the highest clock."""
HELD_DOWN = 0.95
"""Below this share of the highest clock something holds it down."""
HOT_CELSIUS = 70.0
"""Below it a low clock says nothing of heat: the Nano's slowdown begins far above."""
_SLOWS_DOWN = re.compile(r"balanced$|throttle-alert|^thermal-(cpufreq|devfreq)|^(cpufreq|devfreq)-")
"""Cooling devices that cool by slowing down: tegra-balanced (L4T 32), alerts and cpufreq (L4T 35, 36). Not fans."""


class Throttling:
    """Looks at the cooling devices and, on an Orin, at the counters of over-current."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._coolers: List[Tuple[str, str]] = []
        for path in tree.glob("/sys/class/thermal/cooling_device*"):
            kind = tree.text(path + "/type") or ""
            if _SLOWS_DOWN.search(kind):
                self._coolers.append((kind, path + "/cur_state"))
        self._counters = over_current_counters(tree)
        self._events = self._count()

    def read(self, gpu: GpuState, cpu: CpuState, temperatures_celsius: Named) -> str:
        """Such as "GPU at 614 of 921 MHz, 78 C"; empty where nothing holds the clocks down."""
        hottest = max([value for _, value in temperatures_celsius], default=None)
        causes = [kind for kind, path in self._coolers if (self._tree.number(path) or 0) > 0]
        events = self._count()
        if events > self._events:
            causes.append("over-current")
        self._events = events
        slow = held_down(gpu, cpu)
        is_hot = hottest is not None and hottest >= HOT_CELSIUS
        if not causes and not (slow and is_hot):
            return ""
        heat = [] if hottest is None else ["{:.0f} C".format(hottest)]
        return ", ".join((slow or causes) + heat + (causes if slow and "over-current" in causes else []))

    def _count(self) -> float:
        return sum(self._tree.number(path) or 0 for path in self._counters)


def over_current_counters(tree: Tree) -> List[str]:
    """Counters of under-voltage and over-current since the boot (L4T 35 and 36); a Nano only logs them."""
    folders = [
        path[: -len("/name")] for path in tree.glob("/sys/class/hwmon/hwmon*/name") if tree.text(path) == "soctherm_oc"
    ]
    return [path for folder in folders for path in tree.glob(folder + "/oc*_event_cnt")]


def held_down(gpu: GpuState, cpu: CpuState) -> List[str]:
    """What is busy and yet below its highest clock."""
    found = []
    for name, (load_percent, clock_mhz, max_mhz) in (("GPU", gpu), ("CPU", cpu)):
        if load_percent is None or clock_mhz is None or max_mhz is None:
            continue
        if load_percent >= BUSY_PERCENT and clock_mhz < HELD_DOWN * max_mhz:
            found.append("{} at {:.0f} of {:.0f} MHz".format(name, clock_mhz, max_mhz))
    return found
