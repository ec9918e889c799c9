"""Every attack in its long form, one after the other, with a table: python tests/attack --seed 3

    python tests/attack --only soak --seconds 86400     a day and a night
    python tests/attack --scale 0.01                    everything, briefly

On loopback only, bounded, and it ends by itself; status 1 where anything got through. What cannot be tried on a machine
says why. docs/reliability.md has the table.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attack import children, clock, crowd, disk, fuzz, origin, routes, signals, soak, sockets, telling

DEMO = ["--bundle", "demo"]


class Attack(NamedTuple):
    """One kind of attack, how often it is tried in the long form, and what is said where it cannot be."""

    tries: float
    unit: str
    run: Callable[[float, int], Dict[str, Any]]
    is_right: Callable[[Dict[str, Any]], bool]
    why_not: Callable[[], str] = lambda: ""


def _fuzz(tries: float, seed: int) -> Dict[str, Any]:
    bad: Dict[str, int] = {}
    for name in fuzz.TARGETS:
        bad.update(fuzz.wrong(fuzz.fuzz(name, max(1, int(tries) // len(fuzz.TARGETS)), seed)))
    return {"wrong": sum(bad.values()), "examples": list(bad)[:3]}


def _sockets(tries: float, seed: int) -> Dict[str, Any]:
    return sockets.attack(int(tries), seed)


def _signals(tries: float, seed: int) -> Dict[str, Any]:
    found = signals.attack(max(1, int(tries)), seed, ["--sink", "none", *DEMO])
    return {name: found[name] for name in ("verdicts", "longest end s", "examples")}


ATTACKS = {
    "fuzz": Attack(50000, "mutated inputs", _fuzz, lambda found: not found["wrong"]),
    "sockets": Attack(
        10000,
        "silent connections",
        _sockets,
        lambda found: found["source came back"] and found["exit status"] == 0 and found["log lines"] < 60,
    ),
    "signals": Attack(2000, "signals", _signals, signals.is_right),
    "children": Attack(
        500, "children hit", lambda tries, seed: children.attack(int(tries), seed, DEMO), children.is_right
    ),
    "disk": Attack(
        60, "s on a full disk", lambda tries, _: disk.attack(max(40.0, tries), DEMO), disk.is_right, disk.why_not
    ),
    "clock": Attack(60, "jumps of the clock", lambda tries, _: clock.attack(max(6, int(tries)), DEMO), clock.is_right),
    "origin": Attack(
        21, "ways in for a stranger's page", lambda *_: origin.attack(DEMO), origin.is_right, origin.why_not
    ),
    "crowd": Attack(500, "who ask at once", lambda tries, seed: crowd.attack(int(tries), seed, DEMO), crowd.is_right),
    "routes": Attack(10000, "odd requests", lambda tries, seed: routes.attack(int(tries), seed, DEMO), routes.is_right),
    "telling": Attack(
        3600,
        "s of odd requests and a broker's garbage",
        lambda tries, seed: telling.attack(max(20.0, tries), seed, DEMO),
        telling.is_right,
    ),
    "soak": Attack(86400, "s with everything on", lambda tries, _: soak.attack(max(20.0, tries), DEMO), soak.is_right),
}


def main() -> int:
    """1 where anything got through."""
    parser = argparse.ArgumentParser(description="Attack the camera program on this machine, for hours.")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of all tries (1)")
    parser.add_argument("--seconds", type=float, help="of soak (86400) and telling (3600)")
    parser.add_argument("--only", choices=list(ATTACKS), action="append", help="may be repeated")
    values = parser.parse_args()
    got_through = False
    print("| attack | tries | right | found | s |\n|---|---|---|---|---|", flush=True)
    for name in values.only or ATTACKS:
        attack = ATTACKS[name]
        tries = (
            values.seconds if name in ("soak", "telling") and values.seconds else max(1.0, attack.tries * values.scale)
        )
        reason, begun_s = attack.why_not(), time.monotonic()
        if reason:
            print("| {} | 0 | not tried: {} | | |".format(name, reason), flush=True)
            continue
        found = attack.run(tries, values.seed)
        is_right = attack.is_right(found)
        got_through = got_through or not is_right
        told = ", ".join("{} {}".format(*item) for item in found.items() if item[0] not in ("last lines", "examples"))
        row = (name, tries, attack.unit, "yes" if is_right else "**no**", told, time.monotonic() - begun_s)
        print("| {} | {:.0f} {} | {} | {} | {:.0f} |".format(*row), flush=True)
        if not is_right:
            print("{}: {}".format(name, found), file=sys.stderr)
    return 1 if got_through else 0


if __name__ == "__main__":
    sys.exit(main())
