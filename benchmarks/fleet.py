"""A bundle rolled out to 40 devices, three of which fail: python -m benchmarks.fleet

A real mosquitto, two real programs on the demo, the others without camera and networks: what they tell and how they
take bundles is the program's own. One hears a bit turned round, one real program is killed while it checks the bundle,
one loses two thirds of its true FPS. Each roll ends at one of them; the last reaches all. Prints what the commands do,
and at the end a verdict on each step.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from benchmarks.machine import machine
from benchmarks.stand_ins.device import SimulatedDevice
from runtime.bundle import DESCRIPTION, folder_of
from runtime.command_line.command import exit_status_of
from runtime.errors import UsageError
from runtime.mqtt import teller

FIGURES_EVERY_S = 0.5
"""Of the simulated devices, so that it does not take an hour; a program tells them every 5 s."""
WAIT_S = 300.0
SPRING, EMPTY = "spring", "empty"
"""What the bundle that is rolled out is called, and a folder that holds nothing."""
HAS_IT, FAILED = ("has it", "had it"), "failed: "
"""What a roll says came of a device; failed alone is what the device did the time before."""


class Rolled(NamedTuple):
    """One run of the command."""

    lines: Sequence[Tuple[float, str]]
    """Of its progress: when, on the monotonic clock, and what."""
    status: int

    def said(self, *words: str) -> List[str]:
        """The names of the devices of which it said one of these, each once."""
        told = [line.partition(": ") for _, line in self.lines]
        return list(dict.fromkeys(prefix.split("/")[-1] for prefix, _, word in told if word.startswith(words)))


@contextlib.contextmanager
def mosquitto(folder: str) -> Iterator[str]:
    """A broker on a free port; the address for --mqtt."""
    program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if program is None:
        raise UsageError("mosquitto is not installed: apt install mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = os.path.join(folder, "mosquitto.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write("listener {} 127.0.0.1\nallow_anonymous true\n".format(port))
    process = subprocess.Popen([program, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port))
        yield "mqtt://127.0.0.1:{}/shop".format(port)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], bool]) -> bool:
    """Whether it came to that within WAIT_S."""
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.1)
    return True


class Shop:
    """The devices of one run, by name."""

    def __init__(self, mqtt: str, folder: str, bundle: str) -> None:
        self.mqtt, self.folder, self.bundle = mqtt, folder, bundle
        self.key = os.path.join(folder, "fleet.key")
        with open(self.key, "w", encoding="ascii") as file:
            file.write(os.urandom(32).hex())
        self.simulated: Dict[str, SimulatedDevice] = {}
        self.real: Dict[str, subprocess.Popen] = {}

    def simulate(self, name: str, flips: bool = False, share: float = 1.0) -> None:
        address, place = "{}/{}".format(self.mqtt, name), os.path.join(self.folder, name)
        heat = 40.0 + sum(name.encode()) % 17
        self.simulated[name] = SimulatedDevice(address, self.bundle, place, self.key, heat, share, flips)

    def start(self, name: str) -> None:
        """A real program."""
        command = [sys.executable, "-m", "runtime.camera", "--source", "demo://", "--bundle", self.bundle]
        command += ["--sink", "none", "--res", "320x240", "--size", "96", "--fps", "2", "--threads", "1"]
        command += ["--mqtt", "{}/{}".format(self.mqtt, name)]
        command += ["--take-bundles", os.path.join(self.folder, name), "--bundle-key", self.key]
        self.real[name] = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def listed(self) -> List[Dict[str, object]]:
        command = [sys.executable, "-m", "jetson.fleet", "--mqtt", self.mqtt, "--json"]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def online(self) -> List[str]:
        """Names of those that are."""
        return [str(one["prefix"]).split("/")[-1] for one in self.listed() if one["state"] == "online"]

    def show(self) -> None:
        """The list, as its command prints it."""
        print("\n$ python -m jetson.fleet --mqtt {}".format(self.mqtt), flush=True)
        subprocess.run([sys.executable, "-m", "jetson.fleet", "--mqtt", self.mqtt], check=True)

    def roll(self, bundle: str, on_line: Optional[Callable[[str], None]] = None) -> Rolled:
        """The command; what it prints is printed."""
        command = [sys.executable, "-m", "jetson.fleet", "roll", bundle, "--mqtt", self.mqtt, "--bundle-key", self.key]
        command += ["--answer", "120", "--fall", "0.6"]  # two real programs share two busy cores with all others
        print("\n$ python " + " ".join(command[1:]), flush=True)
        lines = []
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        assert process.stderr is not None
        assert process.stdout is not None
        for line in process.stderr:
            lines.append((time.monotonic(), line.rstrip()))
            if on_line is not None:
                on_line(line.rstrip())
        print(process.stdout.read(), end="")
        print("exit status {}".format(process.wait()), flush=True)
        return Rolled(lines, process.returncode)

    def close(self) -> None:
        for process in self.real.values():
            process.terminate()
        for device in self.simulated.values():
            device.close()
        for process in self.real.values():
            process.wait()


class Verdicts:
    """What was to hold, in the order in which it was seen."""

    def __init__(self) -> None:
        self.lines: List[str] = []

    def note(self, what: str, holds: bool) -> None:
        self.lines.append("{} {}".format("holds" if holds else "FAILS", what))

    def note_roll(self, which: str, rolled: Rolled, names: Sequence[str], ends_at: Optional[str]) -> None:
        """That it reached all before `ends_at`, which failed; all where that is None."""
        before = names if ends_at is None else names[: names.index(ends_at)]
        failed = [] if ends_at is None else [ends_at]
        holds = rolled.said(*HAS_IT) == list(before) and rolled.said(FAILED) == failed
        end = "reaches all {}".format(len(names)) if ends_at is None else "ends at {}".format(ends_at)
        self.note("the {} roll {}".format(which, end), holds and rolled.status == (4 if failed else 0))


def run(count: int, bundle: str, folder: str) -> int:
    """The transcript; 1 where something did not hold."""
    verdicts = Verdicts()
    another = os.path.join(folder, SPRING)
    shutil.copytree(bundle, another)
    with open(os.path.join(another, DESCRIPTION), encoding="utf-8") as file:
        description = json.load(file)
    with open(os.path.join(another, DESCRIPTION), "w", encoding="utf-8") as file:
        json.dump(dict(description, name=SPRING), file)
    names = ["shelf-{:02d}".format(number) for number in range(1, count + 1)]
    first, wrong, dying, slow = names[0], names[count // 5], names[count // 2], names[3 * count // 4]
    print("{}; {} devices: {} and {} are real programs".format(machine(), count, first, dying))
    teller.FIGURES_EVERY_S = FIGURES_EVERY_S
    with mosquitto(folder) as mqtt, contextlib.closing(Shop(mqtt, folder, bundle)) as shop:
        for name in names:
            if name in (first, dying):
                shop.start(name)
            else:
                shop.simulate(name, name == wrong, 1 / 3 if name == slow else 1.0)
        verdicts.note("all {} are found".format(count), until(lambda: sorted(shop.online()) == names))
        shop.show()
        first_roll = shop.roll(another)
        verdicts.note_roll("first", first_roll, names, wrong)

        def kill(line: str) -> None:
            if line == "shop/{}: checking".format(dying):
                shop.real[dying].send_signal(signal.SIGKILL)

        second_roll = shop.roll(another, kill)
        verdicts.note_roll("second", second_roll, names, dying)
        verdicts.note("{} was killed while it checked".format(dying), shop.real[dying].poll() is not None)
        shop.real[dying].kill()
        shop.real[dying].wait()
        print("{} was killed while it checked; its folder: {}".format(dying, _held(folder, dying)))
        shop.start(dying)
        verdicts.note("it is back once it is started again", until(lambda: dying in shop.online()))
        print("started again; its folder: {}".format(_held(folder, dying)))
        verdicts.note("what the transfer left is gone", _held(folder, dying) == EMPTY)
        third_roll = shop.roll(another)
        verdicts.note_roll("third", third_roll, names, slow)
        shop.simulated.pop(slow).close()
        shop.simulate(slow)
        until(lambda: sorted(shop.online()) == names)
        last_roll = shop.roll(another)
        verdicts.note_roll("last", last_roll, names, None)
        shop.show()
        run_it = [one for one in shop.listed() if one["bundle"] == SPRING]
        verdicts.note("all {} run it in the end".format(count), len(run_it) == count)
    _sum_up([line for rolled in (first_roll, second_roll, third_roll, last_roll) for line in rolled.lines])
    print("\n" + "\n".join(verdicts.lines))
    return 1 if any(line.startswith("FAILS") for line in verdicts.lines) else 0


def _held(folder: str, name: str) -> str:
    """What a device's folder holds, hashes cut."""
    return ", ".join(sorted(each[:12] for each in os.listdir(os.path.join(folder, name)) if each[0] != ".")) or EMPTY


def _sum_up(lines: Sequence[Tuple[float, str]]) -> None:
    begun: Dict[str, float] = {}
    fetched, whole = [], []
    for at_s, line in lines:
        name, _, word = line.partition(": ")
        if "fps with" in word:
            begun[name] = at_s
        elif word == "checking" and name in begun:
            fetched.append(at_s - begun[name])
        elif word.startswith("has it") and name in begun:
            whole.append(at_s - begun[name])
    message = (
        "\nfrom order to all bytes: median {:.1f} s, longest {:.1f} s of {}; from order to kept: median {:.1f} s of {}"
    )
    if fetched and whole:
        print(message.format(median(fetched), max(fetched), len(fetched), median(whole), len(whole)))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description="A bundle for 40 devices.")
    parser.add_argument("--bundle", default="demo", metavar="DIR", help="what all begin with (default: %(default)s)")
    parser.add_argument("--devices", type=int, default=40, metavar="N", help="8 at least (default: %(default)s)")
    values = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        return exit_status_of(lambda: run(max(8, values.devices), folder_of(values.bundle), folder), extra="mqtt")


if __name__ == "__main__":
    sys.exit(main())
