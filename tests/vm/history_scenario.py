"""A history under power cuts: it opens again each time, and at most its last two seconds are missing."""

import random

from checks import Checks
from machine import Machine

CUTS = 20
MOST_MISSING_S = 2.0
FOLDER = "/var/tmp/history"
SERVICE = "systemd-run --quiet --unit=remembers --working-directory=/srv/shelfsight -p User=root /opt/venv/bin/python "

WRITES = """
import sys, time
sys.path.insert(0, "/srv/shelfsight")
from runtime.history.sighting import Sighting
from runtime.history.store import Store
from runtime.history.writer import HistoryWriter
from runtime.seen import Box
from runtime.sinks.remembering import TELL_EVERY_S
begun_s = time.monotonic()
writer = HistoryWriter(Store("{0}/history.sqlite", "demo://"))
told_s = 0.0
while True:
    now_s = time.monotonic() - begun_s
    if now_s >= told_s:
        told_s = now_s + TELL_EVERY_S
        for track in range(int(now_s), int(now_s) + 8):
            writer.put(Sighting(track, "tea", "bottle", now_s, now_s, 30, 0.9, Box(1, 2, 3, 4), crop=bytes(3000)))
    print("remembers {{:.2f}}".format(now_s), flush=True)
    time.sleep(0.1)
""".format(FOLDER)

READS = """
import sqlite3
database = sqlite3.connect("{0}/history.sqlite")
whole = database.execute("PRAGMA integrity_check").fetchone()[0]
print(whole, *database.execute("SELECT run, MAX(last_s) FROM sightings GROUP BY run ORDER BY run DESC").fetchone())
""".format(FOLDER)


def run(machine: Machine, checks: Checks) -> None:
    """Twenty cuts at moments drawn by chance, each with a boot."""
    chance, script = random.Random(3), machine.transcript
    machine.must("mkdir -p {0}; cat >{0}/writes.py <<'END'\n{1}END".format(FOLDER, WRITES))
    machine.must("sync")
    missing = []
    for cut in range(1, CUTS + 1):
        mark = script.mark()
        machine.must(SERVICE + FOLDER + "/writes.py")
        last_s = 3.0 + chance.uniform(0.0, 3.0)
        script.wait_for(r"remembers {}\.".format(int(last_s)), mark, 120)
        machine.reset()
        machine.wait_for_boot()
        told = script.found(r"remembers \d", mark)
        answer = machine.run("/opt/venv/bin/python - <<'END'\n{}END".format(READS), 60)
        whole, _, kept_s = (answer.output.strip().splitlines() or ["no answer"])[-1].partition(" ")
        is_whole = whole == "ok" and bool(told)
        lost_s = float(told[-1].text.split()[-1]) - float(kept_s.split()[-1]) if is_whole else float("inf")
        missing.append(lost_s)
        seen = "{:.2f} s missing, {}".format(lost_s, whole)
        checks.holds("history, cut {}: opens, lacks little".format(cut), lost_s <= MOST_MISSING_S, seen)
    told_most = "{:.2f} s missing at most".format(max(missing))
    checks.holds("a history survives {} power cuts".format(CUTS), max(missing) <= MOST_MISSING_S, told_most)
