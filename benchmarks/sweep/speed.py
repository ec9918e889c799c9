"""How fast a cell goes: the camera program's report on the live source, and its ceiling on frames from memory."""

import itertools
import threading
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from benchmarks.scoring.labelled_frames import LabelledFrames
from benchmarks.stand_ins.replay import ReplaySource
from jetson.telemetry import SysfsBoard
from runtime.assembly import assemble
from runtime.settings import Settings
from runtime.sources.opening import DEMO
from runtime.sources.source import Source

MOST_BYTES = 256 << 20
"""Of pictures kept in memory; a Nano has 4 GB for everything."""
CEILING_SHARE = 0.5
"""Of a run's length: what runs without a limit has more frames a second to count."""

Report = Dict[str, Any]


class Speeds(NamedTuple):
    """The reports of each run, taken in turns, so that a machine whose speed drifts does not matter."""

    runs: List[Report]
    """Of the live source at the nominal rate."""
    ceiling: List[Report]
    """Of frames from memory, a new one whenever the loop asks: what no camera and no nominal rate bounds."""


def speeds(settings: Settings, frames: LabelledFrames, repeats: int) -> Speeds:
    """Each run `settings.seconds` long; a nominal rate of 0 is the ceiling itself."""
    kept = pictures_of(frames)
    if settings.live_fps == 0:
        runs = [_report(settings, ReplaySource(kept, 0)) for _ in range(repeats)]
        return Speeds(runs, runs)
    found = Speeds([], [])
    assert settings.seconds is not None
    unbound = settings._replace(fps=0.0, seconds=settings.seconds * CEILING_SHARE)
    for _ in range(repeats):
        is_demo = settings.source.startswith(DEMO)
        found.runs.append(_report(settings, None if is_demo else ReplaySource(kept, settings.live_fps)))
        found.ceiling.append(_report(unbound, ReplaySource(kept, 0)))
    return found


def _report(settings: Settings, source: Optional[Source]) -> Report:
    with SysfsBoard() as board, assemble(settings, threading.Event(), source, board=board) as assembly:
        assembly.loop.run()
        return assembly.report()


def pictures_of(frames: LabelledFrames) -> List[np.ndarray]:
    """To be played over and over: what moves goes forth and back, since each cut would have all names asked anew."""
    kept: List[np.ndarray] = []
    left = MOST_BYTES
    for frame in itertools.takewhile(lambda frame: not frame.is_cut, frames):
        left -= frame.image.nbytes
        if kept and left < 0:
            break
        kept.append(frame.image)
    return kept + kept[-2:0:-1] if frames.is_continuous else kept
