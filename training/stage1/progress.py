"""A training of Ultralytics in one line of ours: epoch, time left, best so far; its own words go to a log."""

import contextlib
import logging
import sys
import time
from pathlib import Path
from typing import Any, Iterator, Optional

from tqdm import tqdm

LOG = "ultralytics.log"
BEST = "metrics/mAP50(B)"
"""Of stage 1's own validation: AP50 over its classes."""


class Progress:
    """Callbacks of one training. The bar counts epochs, or hundredths of the time where --hours bounds it."""

    def __init__(self, hours: Optional[float]) -> None:
        self._hours = hours
        self._bar: Optional[tqdm] = None
        self._best = 0.0
        self._started_s = time.monotonic()

    def listen_to(self, model: Any) -> None:
        """`model`: a YOLO of Ultralytics."""
        model.add_callback("on_train_start", self._start)
        model.add_callback("on_fit_epoch_end", self._epoch)
        model.add_callback("on_train_end", lambda trainer: self.close())

    def close(self) -> None:
        """Leave the last state of the bar standing. May be called twice."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _start(self, trainer: Any) -> None:
        self._started_s = time.monotonic()
        total = 100 if self._hours else trainer.epochs
        shape = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
        done = 0 if self._hours else trainer.start_epoch
        # None: no bar in a file or a pipe. Said line by line there instead.
        self._bar = tqdm(total=total, initial=done, desc="stage 1", bar_format=shape, file=sys.__stderr__, disable=None)

    def _epoch(self, trainer: Any) -> None:
        if self._bar is None:  # the last validation, after the end
            return
        self._best = max(self._best, float(trainer.metrics.get(BEST, 0.0)))
        done = trainer.epoch + 1
        if self._hours:
            spent = min(1.0, (time.monotonic() - self._started_s) / (self._hours * 3600))
            words = f"epoch {done}, {spent:.0%} of {self._hours:g} h, best AP50 {self._best:.3f}"
            self._bar.update(100 * spent - self._bar.n)
        else:
            words = f"epoch {done} of {trainer.epochs}, best AP50 {self._best:.3f}"
            self._bar.update(done - self._bar.n)
        if self._bar.disable:
            print(f"stage 1: {words}", file=sys.__stderr__, flush=True)
        else:
            self._bar.set_postfix_str(words)


@contextlib.contextmanager
def words_to(log: Path) -> Iterator[None]:
    """Inside, what Ultralytics prints and logs goes to the end of `log`; warnings and errors of ours pass through."""
    log.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger("ultralytics")
    with open(log, "a", encoding="utf-8") as file:
        streams = [(handler, handler.stream) for handler in logger.handlers if hasattr(handler, "stream")]
        for handler, _ in streams:
            handler.stream = file  # type: ignore[attr-defined]
        try:
            with contextlib.redirect_stdout(file):
                yield
        finally:
            for handler, stream in streams:
                handler.stream = stream  # type: ignore[attr-defined]
