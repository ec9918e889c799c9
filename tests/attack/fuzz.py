"""Mutated input of every kind that a stranger may hand over: python tests/attack/fuzz.py --cases 50000 --seed 1

Bundles, galleries, networks, flags files, addresses, labels and pictures, each with a few bytes changed, cut, repeated
or replaced. Cases run in a child process that has so much memory and so much time; right is a result, or an error of
ours in one printable line. Wrong is any other exception, a killed child, or one that hangs.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

MEMORY_BYTES = 6 << 30
"""Of address space: onnxruntime maps a lot that it never touches."""
HANG_S = 20.0
BATCH = 250
"""Cases of one child: a fresh one forgets what the last one leaked."""
ODD = [
    "NaN", "Infinity", "-1", "0", "1e999", "99999999999999999999", "null", "true", "[]", "{}", '""', "\x1b[2J", "\0",
    "\u202e", "../../../../etc/passwd", "/dev/zero", "[" * 2000, "'", '"', "\\", "@self", "%s%n", "x" * 5000, "-0.0",
]  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with one to four changes."""
    buffer = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(buffer) + 1)
        until = min(len(buffer), at + chance.choice((1, 2, 8, 64, 4096)))
        kind = chance.randrange(6)
        if kind == 0 and at < len(buffer):
            buffer[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            buffer[at:until] = b""
        elif kind == 2:
            buffer[at:at] = buffer[at:until] * chance.choice((1, 3, 50))
        elif kind == 3:
            buffer[at:until] = chance.choice(ODD).encode("utf-8", "surrogatepass")
        elif kind == 4:
            buffer[at:until] = bytes(chance.randrange(256) for _ in range(until - at))
        else:
            del buffer[chance.randrange(len(buffer) + 1) :]
        if not buffer:
            buffer += b"\n"
    return bytes(buffer)


VALUES = [float("nan"), float("inf"), -1, 0, 33, 1e5, 10**30, None, True, "", "x" * 9999, "\x1b", [], {}, ["a"] * 9]


class Target:
    """One kind of input. `prepare` once in each child, `case` for each number."""

    def prepare(self, folder: Path) -> None:
        self.folder = folder

    def case(self, chance: random.Random) -> None:
        raise NotImplementedError


class BundleTarget(Target):
    """A field of bundle.json, or any byte of its text."""

    def prepare(self, folder: Path) -> None:
        import tiny_bundle

        self.folder = tiny_bundle.write(folder)
        self.path = self.folder / "bundle.json"
        self.text = self.path.read_bytes()

    def case(self, chance: random.Random) -> None:
        from runtime.bundle import Bundle

        if chance.random() < 0.5:
            content = json.loads(self.text.decode())
            part = content
            while isinstance(part, dict) and chance.random() < 0.7:
                key = chance.choice(sorted(part))
                if not isinstance(part[key], dict) or chance.random() < 0.2:
                    part[key] = chance.choice(VALUES)
                    break
                part = part[key]
            data = json.dumps(content).encode()
        else:
            data = mutated(self.text, chance)
        self.path.write_bytes(data)
        Bundle.open(str(self.folder))


class GalleryTarget(BundleTarget):
    """gallery.npz with a hash that fits."""

    def prepare(self, folder: Path) -> None:
        super().prepare(folder)
        self.gallery = (self.folder / "gallery.npz").read_bytes()

    def case(self, chance: random.Random) -> None:
        from runtime.bundle import Bundle, sha256_of

        path = self.folder / "gallery.npz"
        path.write_bytes(mutated(self.gallery, chance))
        content = json.loads(self.text.decode())
        content["sha256"]["gallery.npz"] = sha256_of(str(path))
        self.path.write_text(json.dumps(content))
        Bundle.open(str(self.folder))


class OnnxTarget(Target):
    """A detector, loaded and run on grey."""

    def prepare(self, folder: Path) -> None:
        import tiny_bundle

        self.model = (tiny_bundle.write(folder) / "detector.onnx").read_bytes()
        self.path = folder / "model.onnx"

    def case(self, chance: random.Random) -> None:
        from runtime.engines.onnx import OnnxEngine
        from runtime.recognition.detector import Detector

        self.path.write_bytes(mutated(self.model, chance))
        with OnnxEngine(str(self.path), 1) as engine:
            import numpy as np

            detector = Detector(engine, 64)
            detector.detect(detector.prepare(np.zeros((48, 64, 3), np.uint8)))


class FlagsTarget(Target):
    """A flags file."""

    TEXT = (
        b"# the shop\n--source 'my video.mp4'\n--res 640x480\n--size 160 --fps 24\n--sink web --port 8080\n"
        b'--segment 10m --keep 20GB\n--conf 0.4 --iou 0.5\n--classify-every 10\n--seconds 5\n--token "se cret"\n'
    )

    def case(self, chance: random.Random) -> None:
        from runtime.command_line.arguments import settings_from_arguments

        path = self.folder / "camera.flags"
        path.write_bytes(mutated(self.TEXT, chance))
        settings_from_arguments(["@" + str(path)])


class UriTarget(Target):
    """An address after --source, opened where that touches no network and no camera."""

    ADDRESSES = (
        "demo://?products=8&seed=5&split=heldout", "fault://drop:0.2,die:5:3@demo://", "video.mp4", "photos/",
        "rtsp://user:pass@127.0.0.1:1/x", "csi://0", "gst:videotestsrc", "/dev/video9",
    )  # fmt: skip

    def case(self, chance: random.Random) -> None:
        from runtime.redacted import redacted
        from runtime.settings import Settings
        from runtime.shipped import bundle_for
        from runtime.sources.fault import parse_fault_uri
        from runtime.sources.opening import open_source

        uri = mutated(chance.choice(self.ADDRESSES).encode(), chance).decode("utf-8", "surrogateescape")
        redacted(uri)
        bundle_for(uri)
        if uri.startswith("fault://"):
            parse_fault_uri(uri)
        # No camera, no network; and thousands of drawn products take their time.
        elif (
            not uri.startswith(("rtsp", "csi", "gst:", "/dev/", "auto")) and not uri.isdigit() and "product" not in uri
        ):
            open_source(Settings(source=uri, res=(64, 48))).close()


class LabelTarget(Target):
    """A label file."""

    TEXT = b"0 0.5 0.5 0.2 0.3\n1 0.25 0.4 0.1 0.1 0.9\n\n2 0.1 0.1 0.5 0.1 0.4 0.8\n"

    def case(self, chance: random.Random) -> None:
        from benchmarks.scoring.yolo_labels import read_labelled_picture

        (self.folder / "a.txt").write_bytes(mutated(self.TEXT, chance))
        read_labelled_picture(str(self.folder / "a.jpg"), str(self.folder), 3)


class PictureTarget(Target):
    """A picture in a folder."""

    def prepare(self, folder: Path) -> None:
        import cv2
        import numpy as np

        super().prepare(folder)
        image = np.random.RandomState(0).randint(0, 255, (48, 64, 3)).astype(np.uint8)
        endings = (".png", ".jpg", ".bmp", ".tiff")
        self.pictures = {ending: cv2.imencode(ending, image)[1].tobytes() for ending in endings}

    def case(self, chance: random.Random) -> None:
        from runtime.sources.folder import read_image

        ending = chance.choice(sorted(self.pictures))
        path = self.folder / ("a" + ending)
        path.write_bytes(mutated(self.pictures[ending], chance))
        read_image(str(path))


TARGETS = {
    "bundle": BundleTarget, "gallery": GalleryTarget, "onnx": OnnxTarget, "flags": FlagsTarget, "uri": UriTarget,
    "label": LabelTarget, "picture": PictureTarget,
}  # fmt: skip


def run_case(target: Target, seed: str) -> str:
    """What came of it: "taken", "refused", or what is wrong."""
    from runtime.command_line.one_line import one_line
    from runtime.errors import ShelfsightError

    try:
        target.case(random.Random(seed))
    except ShelfsightError as error:
        line = one_line(str(error))  # as it reaches a terminal
        line.encode("utf-8")
        return "refused" if line.isprintable() and len(line) < 1500 else "an unprintable line: {!r}".format(line[:200])
    except SystemExit as error:
        return "refused" if error.code in (0, 2) else "exit {}".format(error.code)
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "unexpected {} in {}:{}: {}".format(
            type(error).__name__, Path(where[0]).name, where[1], str(error)[:200]
        )
    return "taken"


def child(name: str, seed: int, first: int, count: int, pipe) -> None:
    """Run cases, and send (number, outcome) for each; before each the number alone, so that a crash has a name."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ImportError:
        pass
    import logging

    logging.disable(logging.CRITICAL)
    null = os.open(os.devnull, os.O_WRONLY)  # argparse prints its help there
    os.dup2(null, 1)
    os.dup2(null, 2)
    folder = Path(tempfile.mkdtemp())
    try:
        target = TARGETS[name]()
        target.prepare(folder)
        for number in range(first, first + count):
            pipe.send((number, None))
            pipe.send((number, run_case(target, "{}-{}-{}".format(name, seed, number))))
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)


def fuzz(name: str, cases: int, seed: int) -> Counter:
    """Outcomes of `cases` of one target."""
    outcomes: Counter = Counter()
    done = 0
    while done < cases:
        mine, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("fork").Process(
            target=child, args=(name, seed, done, min(BATCH, cases - done), theirs), daemon=True
        )
        process.start()
        theirs.close()
        wanted, current = min(done + BATCH, cases), done
        try:
            while done < wanted:
                if not mine.poll(HANG_S):
                    process.kill() if hasattr(process, "kill") else os.kill(process.pid, 9)
                    outcomes["hung for {:g} s (case {})".format(HANG_S, current)] += 1
                    done = current + 1
                    break
                current, outcome = mine.recv()
                if outcome is not None:
                    outcomes[outcome] += 1
                    done = current + 1
        except EOFError:
            process.join()
            outcomes["killed, status {} (case {})".format(process.exitcode, current)] += 1
            done = current + 1
        process.join()
        mine.close()
    return outcomes


def wrong(outcomes: Counter) -> dict:
    return {outcome: count for outcome, count in outcomes.items() if outcome not in ("taken", "refused")}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--cases", type=int, default=2000, help="in all (2000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", help="only these; may be repeated")
    own = parser.parse_args()
    names = own.target or list(TARGETS)
    failed = False
    print("| input | cases | taken | refused in one line | wrong | s |\n|---|---|---|---|---|---|")
    for name in names:
        began_s, outcomes = time.monotonic(), fuzz(name, own.cases // len(names), own.seed)
        bad = wrong(outcomes)
        row = (name, sum(outcomes.values()), outcomes["taken"], outcomes["refused"], sum(bad.values()))
        print("| {} | {} | {} | {} | {} | {:.0f} |".format(*row, time.monotonic() - began_s), flush=True)
        for outcome, count in sorted(bad.items(), key=lambda item: -item[1])[:15]:
            print("    {} x {}".format(count, outcome), file=sys.stderr)
        failed = failed or bool(bad)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
