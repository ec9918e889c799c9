"""The service as it is shipped, put through what months bring: hangs, kills, lost cameras, power cuts, a full disk."""

from typing import Optional

from camera_scenario import OFFLINE, come_back, go_offline, presented, wait_for_more
from checks import Checks
from machine import Machine
from transcript import Line

SMALL = "/var/lib/shelfsight"
FLAGS = """--source /dev/video0
--wait
--res 640x360
--size 32
--fps 5
--threads 1
--log-every 1
--sink {}/shelf.mp4
--segment 10m
""".format(SMALL)

RECORDED = "timeout 60 sh -c 'until [ $(cat {}/*.mp4 | wc -c) -gt 20000 ]; do sleep 1; done'".format(SMALL)
STARTED = r"Started shelfsight\.service"
FRAMES_S = 120.0
"""From a process' start to its frames, emulated: most of it is Python importing what it needs."""

DOUBLE = """SHELFSIGHT_DOUBLE_TENSORRT=8.6
SHELFSIGHT_DOUBLE_KNOBS={"build_s":5}
PYTHONPATH=/srv/shelfsight/tests/doubles/site:/opt/shelfsight/program
"""

TINY = """
import sys, pathlib
sys.path[:0] = ["/srv/shelfsight", "/srv/shelfsight/tests"]
import tiny_bundle
print(tiny_bundle.write(pathlib.Path("{}")))
""".format(SMALL)

PLAY = """
import glob, sys, cv2
for path in sorted(glob.glob("{}/*.mp4")):
    video, frames, end_ms = cv2.VideoCapture(path), 0, 0.0
    while video.read()[0]:
        frames, end_ms = frames + 1, video.get(cv2.CAP_PROP_POS_MSEC)
    print("{{}} plays {{}} frames, {{:.1f}} s".format(path, frames, end_ms / 1000))
""".format(SMALL)


def run(machine: Machine, checks: Checks) -> None:
    """Every check of this scenario, on a booted machine; it ends two boots later."""
    install(machine, checks)
    start(machine, checks)
    hang(machine, checks)
    lose_the_camera(machine, checks)
    kill(machine, checks)
    power_cut_while_recording(machine, checks)
    fill_the_disk(machine, checks)
    power_cut_while_building(machine, checks)


def install(machine: Machine, checks: Checks) -> None:
    """The installer, and what systemd says of the units."""
    answer = machine.run("sh /srv/shelfsight/systemd/install.sh --venv /opt/venv --no-start", 180)
    checks.holds("systemd/install.sh installs", answer.status == 0)
    # The unit for a Jetson's clocks names a program that only a Jetson has, and it is not enabled here.
    machine.must("ln -s /bin/true /usr/bin/jetson_clocks")
    answer = machine.run("systemd-analyze verify /etc/systemd/system/shelfsight*.service")
    machine.must("rm /usr/bin/jetson_clocks")
    checks.holds("systemd-analyze verify finds nothing", answer.status == 0 and not answer.output.strip())
    answer = machine.run("systemd-analyze security --no-pager shelfsight.service | tail -n 1")
    checks.holds("systemd-analyze security gives a score", answer.status == 0, answer.output.strip()[2:])
    machine.must("cat >/etc/shelfsight/camera.flags <<'END'\n{}END\nsync".format(FLAGS))


def start(machine: Machine, checks: Checks) -> None:
    """By hand, the first time."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.must("systemctl start --no-block shelfsight")
    checks.came("started: ready, with its first frame", started_s, script.wait_for(STARTED, mark, FRAMES_S), FRAMES_S)
    wait_for_more(script, 0, mark)
    machine.must(RECORDED)  # a recording cut off before its first fragment has nothing to play
    checks.holds("status shows the true rate", "true" in status_text(machine), status_text(machine))


def status_text(machine: Machine) -> str:
    """The line that `systemctl status` shows."""
    return machine.must("systemctl show --property=StatusText --value shelfsight").strip()


def hang(machine: Machine, checks: Checks) -> None:
    """A process that stands still on purpose."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.must("systemctl kill --signal=STOP --kill-whom=main shelfsight")
    checks.came("hung: the watchdog ends it", started_s, script.wait_for("Watchdog timeout", mark, 60), 45)
    checks.came("hung: frames again", started_s, frames_of_a_new_process(machine, mark), 45 + FRAMES_S)


def frames_of_a_new_process(machine: Machine, since: int) -> Optional[Line]:
    """The first frames after systemd has called the service started again."""
    script = machine.transcript
    ready = script.wait_for(STARTED, since, 45 + FRAMES_S)
    return ready and wait_for_more(script, 0, script.position(ready))


def lose_the_camera(machine: Machine, checks: Checks) -> None:
    """Gone for longer than the watchdog waits: each attempt to reopen it feeds the watchdog."""
    restarts = machine.must("systemctl show --property=NRestarts --value shelfsight")
    go_offline(machine, checks, "camera removed", "echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind", 15)
    machine.run("sleep 35")
    checks.holds("status says offline", "offline" in status_text(machine), status_text(machine))
    come_back(machine, checks, "camera back", "echo vivid.0 >/sys/bus/platform/drivers/vivid/bind", 30)
    same = machine.must("systemctl show --property=NRestarts --value shelfsight") == restarts
    checks.holds("the same process all along", same)


def kill(machine: Machine, checks: Checks) -> None:
    """As the kernel does when memory is short."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.must("systemctl kill --signal=KILL --kill-whom=main shelfsight")
    checks.came("kill -9: frames again", started_s, frames_of_a_new_process(machine, mark), 15 + FRAMES_S)


def power_cut_while_recording(machine: Machine, checks: Checks) -> None:
    """What was recorded plays; the service comes up by itself."""
    script = machine.transcript
    machine.run("sleep 15; ls -l --time-style=full-iso {}".format(SMALL))
    mark, cut_s = script.mark(), script.now_s()
    recorded_s = cut_s - script.found("/dev/video0 is there")[-1].at_s
    machine.reset()
    booted_s = machine.wait_for_boot()
    checks.holds("power cut while recording: booted", True, "{:.1f} s".format(booted_s - cut_s))
    checks.came("power back: the first frame", cut_s, frames_of_a_new_process(machine, mark), 90 + FRAMES_S)
    played_s = play(machine, checks)
    detail = "{:.1f} of {:.1f} s play".format(played_s, recorded_s)
    checks.holds("the power cut took 20 s at most", recorded_s - played_s <= 20, detail)


def play(machine: Machine, checks: Checks) -> float:
    """Every recording on the disk but the one being written; seconds of the newest of them."""
    answer = machine.run("/opt/venv/bin/python - <<'END'\n{}END".format(PLAY), 120)
    played = [line for line in answer.output.splitlines() if " plays " in line][:-1]
    plays = bool(played) and all(" plays 0 frames" not in line for line in played)
    checks.holds("every recording cut off plays", answer.status == 0 and plays, "; ".join(played))
    return float(played[-1].split()[-2]) if played else 0.0


def fill_the_disk(machine: Machine, checks: Checks) -> None:
    """Recording ends with a line, the loop goes on."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.run("dd if=/dev/zero of={}/fill bs=1M status=none".format(SMALL))
    checks.came("disk full: a line says so", started_s, script.wait_for("No space left|[Dd]isk.*full", mark, 90), 60)
    before = presented(script.wait_for(r"presented", script.mark(), 30))
    mark, started_s = script.mark(), script.now_s()
    checks.came("disk full: frames go on", started_s, wait_for_more(script, before, mark), 30)
    machine.must("rm {}/fill".format(SMALL))


def power_cut_while_building(machine: Machine, checks: Checks) -> None:
    """An engine half built leaves nothing that hinders the next build; and a camera that comes late is waited for."""
    script = machine.transcript
    machine.must("systemctl stop shelfsight; rm -f {}/*.mp4".format(SMALL))
    # Comparing the engines of the shipped bundle with its models takes minutes here: that of the tests instead.
    machine.must("/opt/venv/bin/python - <<'END'\n{}END\nchown -R shelfsight: {}".format(TINY, SMALL))
    ours = "--size 160 --square --bundle {}/tiny".format(SMALL)  # square, as the tests' networks are
    machine.must("sed -i 's,--size 32,{},' /etc/shelfsight/camera.flags".format(ours))
    machine.must("cat >>/etc/shelfsight/environment <<'END'\n{}END".format(DOUBLE))
    machine.must("mv /etc/modules-load.d/vivid.conf /root; sync")
    script.add("host", "from here on the test double of tests/doubles and the bundle of tests/tiny_bundle.py stand in")
    script.add("host", "for TensorRT and for the shipped bundle: no engine is real")
    mark = script.mark()
    machine.must("systemctl start --no-block shelfsight-engines")
    building = script.wait_for("building", mark, 120)
    checks.holds("an engine is being built (by the test double)", building is not None)
    booted = mark = script.mark()
    cut_s = script.now_s()
    machine.reset()
    machine.wait_for_boot()
    built = script.wait_for("(Finished|Failed to start) shelfsight-engines", mark, 240)
    checks.came("power cut while building: built after all", cut_s, built, 240)
    checks.holds("with no failure", built is not None and "Finished" in built.text)
    checks.came("started without a camera", cut_s, script.wait_for(STARTED, mark, FRAMES_S), 240 + FRAMES_S)
    checks.holds("and waits for it", bool(script.wait_for(OFFLINE, mark, 30)))
    mark, plugged_s = script.mark(), script.now_s()
    machine.must("modprobe vivid")
    checks.came("late camera: frames", plugged_s, wait_for_more(script, 0, mark), 60)
    checks.holds("on those engines", bool(script.found("detector and classifier on TensorRT", booted)))
