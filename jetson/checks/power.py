"""Power mode, clocks, supply and heat."""

import re
from typing import Iterator, Optional

from jetson.board.sensors import Temperatures
from jetson.board.throttling import over_current_counters
from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.machine import Answer, Machine

LOW_MV = 4750
"""5 V less 5 %, what the Nano's carrier board asks for (NVIDIA, power supply considerations)."""
WARM_CELSIUS, HOT_CELSIUS = 80.0, 95.0
"""The Nano slows down a few degrees below 100 (its kernel log: throttles when cpu reaches 100.5 C)."""
_SUPPLY = "a supply of 5 V 4 A on the barrel jack (jumper J48), a short thick cable"


def check_power(machine: Machine) -> Iterator[Finding]:
    """All of it."""
    yield _mode(machine)
    yield _clocks(machine)
    yield _voltage(machine)
    yield _over_current(machine)
    yield _temperature(machine)


def power_mode_in(answer: Answer) -> Optional[str]:
    """The name in what `nvpmodel -q` says, such as MAXN or 15W; None where it says none."""
    match = re.search(r"NV Power Mode: *(\S+)", answer.output)
    return None if match is None else match.group(1)


def _mode(machine: Machine) -> Finding:
    if not machine.is_jetson:
        return Finding("power mode", NOT_APPLICABLE, "no Jetson")
    answer = machine.ask("nvpmodel", "-q")
    mode = power_mode_in(answer)
    if mode is None:
        why = "no nvpmodel" if not answer.is_there else answer.last_line or "nvpmodel says nothing"
        return Finding("power mode", WARNING, why, "sudo nvpmodel -q")
    if machine.is_nano and mode != "MAXN":
        return Finding("power mode", WARNING, mode + ": two cores are off, the GPU at 640 MHz", "sudo nvpmodel -m 0")
    if re.match(r"(MODE_)?(7|10)W", mode):
        mend = "sudo nvpmodel -p --verbose lists the modes; sudo nvpmodel -m NUMBER"
        return Finding("power mode", WARNING, mode + ": a low one", mend)
    return Finding("power mode", OK, mode)


def _clocks(machine: Machine) -> Finding:
    for node in machine.tree.glob("/sys/class/devfreq/*"):
        if re.search(r"gpu|ga10b|gv11b|gp10b", node):
            lowest, highest = machine.tree.number(node + "/min_freq"), machine.tree.number(node + "/max_freq")
            if lowest is None or highest is None:
                continue
            if lowest == highest:
                return Finding("clocks", OK, "held at the highest, GPU {:.0f} MHz".format(highest / 1e6))
            text = "they follow the load, GPU {:.0f} to {:.0f} MHz".format(lowest / 1e6, highest / 1e6)
            return Finding("clocks", OK, text, "for steady figures: sudo systemctl enable --now shelfsight-clocks")
    level = WARNING if machine.is_jetson else NOT_APPLICABLE
    return Finding("clocks", level, "the GPU's clock is not to be seen")


def _voltage(machine: Machine) -> Finding:
    found: Optional[float] = None
    for path in machine.tree.glob("/sys/bus/i2c/drivers/ina3221x/*/iio:device*/rail_name_*"):
        if machine.tree.text(path) == "POM_5V_IN":
            found = machine.tree.number("{}/in_voltage{}_input".format(path.rsplit("/", 1)[0], path[-1]))
    for path in machine.tree.glob("/sys/bus/i2c/drivers/ina3221/*/hwmon/hwmon*/in*_label"):
        if machine.tree.text(path) == "VDD_IN":
            found = machine.tree.number(path.replace("_label", "_input"))
    if found is None:
        return Finding("supply", NOT_APPLICABLE, "its voltage is not to be seen")
    text = "{:.2f} V".format(found / 1000)
    if machine.is_nano and found < LOW_MV:
        return Finding("supply", PROBLEM, text + ": too low, expect slow clocks and crashes", _SUPPLY)
    return Finding("supply", OK, text)


def _over_current(machine: Machine) -> Finding:
    if not machine.is_jetson:
        return Finding("over-current", NOT_APPLICABLE, "no Jetson")
    counters = over_current_counters(machine.tree)
    if counters:
        counts = {path.rsplit("/", 1)[1][:3]: machine.tree.number(path) or 0 for path in counters}
        text = ", ".join("{} {:.0f}".format(name, count) for name, count in sorted(counts.items()))
        if any(counts.values()):
            return Finding(
                "over-current",
                WARNING,
                "events since the boot: " + text,
                "a stronger supply, a shorter cable, or a lower power mode (sudo nvpmodel -m NUMBER)",
            )
        return Finding("over-current", OK, "no event since the boot")
    answer = machine.ask("dmesg")
    if answer.status != 0:
        return Finding("over-current", WARNING, "the kernel log is not to be read", "sudo dmesg | grep 'OC ALARM'")
    alarms = [line for line in answer.lines if "OC ALARM" in line]
    if alarms:
        return Finding(
            "over-current", PROBLEM, "in the kernel log, {} since the boot: {}".format(len(alarms), alarms[-1]), _SUPPLY
        )
    return Finding("over-current", OK, "no OC ALARM in the kernel log")


def _temperature(machine: Machine) -> Finding:
    found = Temperatures(machine.tree).read()
    if not found:
        return Finding("temperature", NOT_APPLICABLE, "no sensor to be seen")
    name, celsius = max(found, key=lambda pair: pair[1])
    text = "{:.0f} C ({})".format(celsius, name)
    if celsius < WARM_CELSIUS:
        return Finding("temperature", OK, text)
    return Finding(
        "temperature", PROBLEM if celsius >= HOT_CELSIUS else WARNING, text, "a fan on the heat sink, more air"
    )
