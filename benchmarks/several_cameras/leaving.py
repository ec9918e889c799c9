"""What cameras leave behind that came and went."""

import gc
import os
import threading
from typing import Any, Dict

from runtime.assembly import assemble
from runtime.command_line.arguments import settings_from_arguments

ROUNDS, AT_ONCE = 10, 5
FLAGS = ("--res", "160x120", "--size", "96", "--engine", "onnx", "--threads", "1", "--frames", "5", "--fps", "0")


def left_behind(bundle: str) -> Dict[str, Any]:
    """Threads and file handles more than after the first round, once ROUNDS x AT_ONCE cameras came and went.

    All that the program has to one: networks, sources, and the page.
    """
    _come_and_go(bundle)
    before = threading.active_count(), handles()
    for _ in range(ROUNDS):
        _come_and_go(bundle)
    more = {"threads": threading.active_count() - before[0], "handles": handles() - before[1]}
    return dict(more, cameras=ROUNDS * AT_ONCE, holds=more["threads"] <= 0 and more["handles"] <= 0)


def _come_and_go(bundle: str) -> None:
    sources = [flag for number in range(AT_ONCE) for flag in ("--source", "demo://?products=1&seed={}".format(number))]
    flags = sources + ["--bundle", bundle, "--sink", "web", "--port", "0", "--catalogue", "none"] + list(FLAGS)
    with assemble(settings_from_arguments(flags), threading.Event()) as assembly:
        assembly.loop.run()
    gc.collect()


def handles() -> int:
    """Open ones of this process; 0 where nobody says."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
