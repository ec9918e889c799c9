"""The same two networks in our loop, a good hand-written one, Ultralytics and OpenCV's dnn: python -m benchmarks.peers

Side by side in one process: the same frames, weights and number of threads, each network in the form that is usual for
the peer (see benchmarks.peer_loops.networks), and the detector's output planted after it has run, so that all
suppress, crop, name and draw the same k objects. They take turns, and ratios are between turns of the same round. bare
is the floor: both networks alone, on ready tensors. For a workstation: Ultralytics needs pip install '.[training]'.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.peer_loops.hand import DnnNetworks, HandLoop, Networks, Seen
from benchmarks.peer_loops.networks import MAX_BATCH, PeerNetworks, Planted, peer_networks, planted
from benchmarks.peer_loops.ours import OurLoop, variants
from benchmarks.peer_loops.writing import (
    BARE,
    DNN,
    HAND,
    OURS,
    ULTRALYTICS,
    ULTRALYTICS_ONNX,
    heading,
    plot,
    row_of,
    tables,
    verdicts,
)
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.command_line.flag_values import number_list
from runtime.errors import MissingPackageError, ModelError, UsageError
from runtime.figures.report import write_report
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings

PEERS = (HAND, ULTRALYTICS, ULTRALYTICS_ONNX, DNN)
RES = (640, 480)
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
"""Of these the second one is that of all threads of the process: for a machine that is shared."""
MAX_BOX_GAP_PX = 2.0
"""Between a peer's boxes and ours: they round letterboxes differently."""


class Peer:
    """Somebody who shows frames, timed a turn at a time."""

    def __init__(self, name: str, loop: Any) -> None:
        """`loop` has `show(image) -> Seen` and `networks`."""
        self.name = name
        self.seen: Optional[Seen] = None
        self._loop = loop

    def plant(self, planted: Planted) -> None:
        """From now on the detector says this."""
        self._loop.networks.planted = planted

    def turn(self, images: Sequence[np.ndarray]) -> None:
        """Show all of `images`, which are drawn on."""
        for image in images:
            self.seen = self._loop.show(image)


class OurPeer(Peer):
    """Our loop, which reads its frames itself."""

    def plant(self, planted: Planted) -> None:
        self._loop.planted = planted

    def turn(self, images: Sequence[np.ndarray]) -> None:
        self._loop.turn(images)
        self.seen = self._loop.seen


class BareLoop:
    """Both networks alone, on tensors that are ready; as many crops as there are planted boxes."""

    def __init__(self, networks: PeerNetworks, runner: Networks) -> None:
        self.networks = runner
        side, random = networks.bundle.crop_size, np.random.RandomState(0)
        self._picture = random.rand(1, 3, networks.size, networks.size).astype(np.float32)
        self._crops = random.rand(MAX_BATCH, 3, side, side).astype(np.float32)

    def show(self, _image: np.ndarray) -> None:
        """One frame's inference."""
        self.networks.detect(self._picture)
        planted = self.networks.planted
        if planted is not None and planted.boxes:
            self.networks.embed(self._crops[: planted.boxes])


def opened(name: str, networks: PeerNetworks, threads: int) -> Peer:
    """One of the others."""
    if name == DNN:
        return Peer(name, HandLoop(networks, DnnNetworks(networks, threads)))
    if name == BARE:
        return Peer(name, BareLoop(networks, Networks(networks.detector, networks.classifier, threads)))
    runner = Networks(networks.usual_detector, networks.classifier, threads)
    if name in (ULTRALYTICS, ULTRALYTICS_ONNX):
        from benchmarks.peer_loops.ultralytics import UltralyticsLoop

        return Peer(name, UltralyticsLoop(networks, runner, threads, name == ULTRALYTICS))
    return Peer(name, HandLoop(networks, runner))


@contextlib.contextmanager
def open_peers(
    networks: PeerNetworks, flags: Sequence[str], threads: int, names: Sequence[str]
) -> Iterator[List[Peer]]:
    """Bare, every way to run ours, and those of `names`."""
    with contextlib.ExitStack() as stack:
        peers = [opened(BARE, networks, threads)]
        for name, ours in variants(list(flags) + ["--square", "--size", str(networks.size)]).items():
            peers.append(OurPeer(name, stack.enter_context(OurLoop(ours))))
        yield peers + [opened(name, networks, threads) for name in names]


def scene_frames(count: int) -> List[np.ndarray]:
    """Frames of the demo, (480, 640, 3) uint8."""
    scene = Scene(SceneSettings(), RES)
    return [scene.render(number / 30.0).image for number in range(count)]


def check_alike(peers: Sequence[Peer], planted: Planted) -> None:
    """Raise ModelError unless everybody found the planted boxes and named them alike."""
    ours = next(peer.seen for peer in peers if peer.name == OURS)
    assert ours is not None
    for peer in peers:
        seen = peer.seen
        if seen is None:
            continue
        if not len(seen.boxes_px) == len(seen.products) == planted.boxes:
            message = "{} found {} boxes where {} are planted: the work is not equal"
            raise ModelError(message.format(peer.name, len(seen.boxes_px), planted.boxes))
        order, own = (np.lexsort(np.round(each.boxes_px).T[:2]) for each in (seen, ours))
        gap = float(np.abs(seen.boxes_px[order] - ours.boxes_px[own]).max()) if planted.boxes else 0.0
        if gap > MAX_BOX_GAP_PX:
            message = "the boxes of {} lie {:.1f} px from ours: the work is not equal"
            raise ModelError(message.format(peer.name, gap))


def measure(bundle: Bundle, size: int, plan: argparse.Namespace, flags: Sequence[str], progress: tqdm) -> List[Dict]:
    """One row for each number of boxes and each peer at one detector size."""
    images = scene_frames(plan.frames)
    turns: Dict[int, Dict[str, List[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        networks = peer_networks(bundle, size, folder)
        if plan.peers and networks.end2end:
            raise UsageError("{} suppresses by itself, which the others do not expect: --peers ''".format(plan.bundle))
        if plan.peers:
            networks = _in_usual_form(networks)
        with open_peers(networks, flags, plan.threads, plan.peers) as peers:
            cv2.setNumThreads(plan.threads)
            says = [planted(size, len(bundle.shapes), count, networks.end2end) for count in plan.boxes]
            for number in range(plan.repeats + 1):
                for said in says:
                    for peer in peers[number % len(peers) :] + peers[: number % len(peers)]:
                        peer.plant(said)
                        took_s = _timed(peer, [image.copy() for image in images], CLOCKS[plan.clock])
                        if number:  # the first turn of all warms up
                            of_peer = turns.setdefault(said.boxes, {}).setdefault(peer.name, [])
                            of_peer.append(took_s / len(images) * 1e3)
                    check_alike(peers, said)
                    progress.update()
    names = [peer.name for peer in peers]
    return [row_of(size, count, name, of_count) for count, of_count in turns.items() for name in names]


def _in_usual_form(networks: PeerNetworks) -> PeerNetworks:
    from benchmarks.peer_loops.ultralytics import in_usual_form

    try:
        return in_usual_form(networks)
    except (MissingPackageError, ModelError) as error:
        print("others get our detector's graph, which is faster than the usual one: {}".format(error), file=sys.stderr)
        return networks


def _timed(peer: Peer, images: Sequence[np.ndarray], now_s: Callable[[], float]) -> float:
    began_s = now_s()
    peer.turn(images)
    return now_s() - began_s


def _names(text: str) -> List[str]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        raise argparse.ArgumentTypeError("{!r} is none of {}".format(unknown[0], ", ".join(PEERS)))
    return names


def make_parser() -> argparse.ArgumentParser:
    """The parser."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__.split("\n")[0], allow_abbrev=False
    )
    add = parser.add_argument
    add("--bundle", default=SHIPPED_BUNDLE, metavar="B", help="whose networks (%(default)s)")
    add("--size", type=number_list, default="160,320", metavar="LIST", help="sides of the detector (%(default)s)")
    add("--boxes", type=number_list, default="0,1,3,8", metavar="LIST", help="planted objects, at most 8 (%(default)s)")
    add("--peers", type=_names, default=",".join(PEERS), metavar="LIST", help="%(default)s")
    add("--threads", type=int, default=1, metavar="N", help="of every network and of OpenCV (%(default)s)")
    add("--frames", type=int, default=20, metavar="N", help="of one turn (%(default)s)")
    add("--repeats", type=int, default=7, metavar="N", help="turns of each (%(default)s)")
    add("--clock", choices=sorted(CLOCKS), default="wall", help="time, or processor time (%(default)s)")
    add("--out", default="peers", metavar="DIR", help="peers.json, peers.md and peers.png go there (%(default)s)")
    return parser


def _peers(plan: argparse.Namespace) -> None:
    if not all(0 <= count <= 8 for count in plan.boxes):
        raise UsageError("--boxes {}: expected 0 to 8".format(plan.boxes))
    bundle = Bundle.open(plan.bundle)
    os.makedirs(plan.out, exist_ok=True)
    flags = ["--engine", "onnx", "--bundle", plan.bundle, "--threads", str(plan.threads)]
    rows: List[Dict[str, Any]] = []
    steps = len(plan.size) * (plan.repeats + 1) * len(plan.boxes)
    with tqdm(total=steps, desc="peers", unit="round", disable=None) as progress:
        for size in plan.size:
            rows += measure(bundle, size, plan, flags, progress)
    report = {"machine": dict(machine(), versions=versions()), "plan": vars(plan), "rows": rows}
    text = "\n".join([heading(report), "", tables(rows), ""] + list(verdicts(rows)))
    write_report(os.path.join(plan.out, "peers.json"), report)
    with open(os.path.join(plan.out, "peers.md"), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    print(text)
    try:
        plot(os.path.join(plan.out, "peers.png"), rows)
    except ImportError:
        print("no plot: matplotlib is not installed (pip install matplotlib)")


def versions() -> Dict[str, str]:
    """Of the peers that were loaded."""
    names = ("onnxruntime", "openvino", "ultralytics", "torch", "cv2")
    return {name: sys.modules[name].__version__ for name in names if name in sys.modules}


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    plan = make_parser().parse_args(arguments)
    return exit_status_of(lambda: _peers(plan), target=plan.out)


if __name__ == "__main__":
    sys.exit(main())
