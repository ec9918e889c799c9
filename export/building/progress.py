"""How far a build is, where TensorRT tells: from 10 on. Lines for the build's log, whose last one is passed on."""

import time
from typing import Any, Dict

SAY_EVERY_S = 1.0


def watch_progress(trt: Any, config: Any, say: Any) -> None:
    """Have `config` tell of each phase of the build through `say(text)`; nothing where TensorRT has no such thing."""
    if not hasattr(trt, "IProgressMonitor") or not hasattr(config, "progress_monitor"):
        return

    class Progress(trt.IProgressMonitor):
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._steps: Dict[str, int] = {}
            self._said_s = 0.0

        def phase_start(self, phase_name: str, parent_phase: Any, num_steps: int) -> None:
            self._steps[phase_name] = num_steps

        def step_complete(self, phase_name: str, step: int) -> bool:
            now_s = time.monotonic()
            if now_s - self._said_s >= SAY_EVERY_S:
                self._said_s = now_s
                say("{}, step {} of {}".format(phase_name, step + 1, self._steps.get(phase_name, "?")))
            return True

        def phase_finish(self, phase_name: str) -> None:
            self._steps.pop(phase_name, None)

    config.progress_monitor = Progress()
