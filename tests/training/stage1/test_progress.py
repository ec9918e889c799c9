"""The one line of a training, driven as Ultralytics drives it, and where its own words go."""

import io
import logging
import types

import pytest

from training.stage1.progress import BEST, Progress, words_to


class FakeYolo:
    """Takes callbacks, and runs `epochs` epochs with these scores."""

    def __init__(self):
        self.callbacks = {}

    def add_callback(self, event, function):
        self.callbacks.setdefault(event, []).append(function)

    def run(self, scores, start_epoch=0):
        trainer = types.SimpleNamespace(epochs=len(scores), start_epoch=start_epoch, epoch=0, metrics={})
        self._call("on_train_start", trainer)
        for trainer.epoch in range(start_epoch, len(scores)):
            trainer.metrics = {BEST: scores[trainer.epoch]}
            self._call("on_fit_epoch_end", trainer)
        self._call("on_train_end", trainer)
        self._call("on_fit_epoch_end", trainer)  # Ultralytics validates once more after the end

    def _call(self, event, trainer):
        for function in self.callbacks.get(event, []):
            function(trainer)


@pytest.fixture
def stderr(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.__stderr__", stream)
    return stream


def test_each_epoch_is_a_line_where_there_is_no_terminal(stderr):
    model = FakeYolo()
    Progress(None).listen_to(model)
    model.run([0.2, 0.5, 0.4])
    assert stderr.getvalue().splitlines() == [
        "stage 1: epoch 1 of 3, best AP50 0.200",
        "stage 1: epoch 2 of 3, best AP50 0.500",
        "stage 1: epoch 3 of 3, best AP50 0.500",
    ]


def test_a_bound_by_time_is_told_as_a_share_of_it(stderr):
    model = FakeYolo()
    Progress(2.0).listen_to(model)
    model.run([0.1])
    assert stderr.getvalue() == "stage 1: epoch 1, 0% of 2 h, best AP50 0.100\n"


def test_a_terminal_gets_a_bar_with_the_time_left(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.__stderr__", terminal)
    model = FakeYolo()
    Progress(None).listen_to(model)
    model.run([0.2, 0.6], start_epoch=1)
    last = terminal.getvalue().split("\r")[-1]
    assert "stage 1: 100%" in last
    assert "epoch 2 of 2, best AP50 0.600" in last


def test_what_the_library_prints_and_logs_goes_to_a_file(tmp_path, capsys):
    logger = logging.getLogger("ultralytics")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    log = tmp_path / "run" / "ultralytics.log"
    try:
        for text in ("first", "second"):
            with pytest.raises(ValueError), words_to(log):
                print(text)
                logger.warning("warned")
                raise ValueError
        logger.warning("after")
    finally:
        logger.removeHandler(handler)
    assert log.read_text(encoding="utf-8").splitlines() == ["first", "warned", "second", "warned"]
    assert stream.getvalue() == "after\n"
    assert capsys.readouterr().out == ""
