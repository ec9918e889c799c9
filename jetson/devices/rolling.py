"""A bundle rolled out: to one device after the other, each tried before the next; the first that fails ends it."""

import statistics
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

from jetson.devices.device import Device
from jetson.devices.following import Following
from jetson.devices.parcel import Parcel
from runtime.clock import MonotonicClock
from runtime.taking.protocol import BACK, FAILED, IDLE, KEEP, TRIAL, Order, TakingTopics, text_of

ORDER_EVERY_S = 3.0
"""An order is repeated until the device tells that it follows it."""
FIGURES_S = 5.0
"""Between two sets of a device's figures."""
FIRST_FIGURES = 1
"""Of a trial, left out: the first rate is of a program that has just begun."""


class Limits(NamedTuple):
    """What a device may take, and lose."""

    answer_s: float = 120.0
    """Without any word from it, its restart included."""
    all_s: float = 3600.0
    """For fetching and checking, which on a Jetson builds engines."""
    fall: float = 0.1
    """The share of its true FPS that it may lose."""
    figures: int = 3
    """How many of its figures, one every 5 s, are looked at before and after."""


class Outcome(NamedTuple):
    """Of one device."""

    prefix: str
    word: str
    """has it, had it, left out, failed, not reached"""
    bundle: str
    """What it runs at the end, as far as it told."""
    why: str = ""


class RollError(Exception):
    """Why a device has failed."""


class Roll:
    """One bundle, by one connection."""

    def __init__(
        self, following: Following, parcel: Parcel, key: Optional[bytes], limits: Limits, say: Callable[[str], None]
    ) -> None:
        """`say`: takes a line for whoever watches."""
        self._following, self._parcel, self._key, self._limits, self._say = following, parcel, key, limits, say
        self._clock = MonotonicClock()
        self._told: Dict[str, str] = {}

    def run(self, devices: Sequence[Device]) -> List[Outcome]:
        """All of them, in this order, or up to the first that fails."""
        outcomes: List[Outcome] = []
        is_over = False
        for device in devices:
            if is_over:
                outcomes.append(self._outcome(device.prefix, "not reached"))
                continue
            outcome = self._one(device.prefix)
            self._say("{}: {}{}".format(outcome.prefix, outcome.word, outcome.why and ": " + outcome.why))
            outcomes.append(outcome)
            is_over = outcome.word == "failed"
        return outcomes

    def _one(self, prefix: str) -> Outcome:
        device = self._device(prefix)
        if device.sha256 == self._parcel.sha256 and device.take_state in (IDLE, FAILED, None):
            return self._outcome(prefix, "had it")
        why = _why_left_out(device)
        if why:
            return self._outcome(prefix, "left out", why)
        self._following.follow(TakingTopics(prefix).want)
        before = device.sha256
        try:
            fps = self._true_fps(prefix, "before", 0)
            self._say("{}: {:.1f} fps with {}".format(prefix, fps, device.bundle_line))
            self._wait_for_trial(prefix)
            now_fps = self._true_fps(prefix, "with it", FIRST_FIGURES)
            if now_fps < (1.0 - self._limits.fall) * fps:
                message = "true FPS fell from {:.1f} to {:.1f}, by more than {:.0f} %"
                raise RollError(message.format(fps, now_fps, 100 * self._limits.fall))
            self._order(prefix, KEEP, lambda one: one.take_state == IDLE and one.sha256 == self._parcel.sha256)
        except RollError as error:
            return self._outcome(prefix, "failed", "{}; {}".format(error, self._went_back(prefix, before)))
        return self._outcome(prefix, "has it", "{:.1f} fps before, {:.1f} with it".format(fps, now_fps))

    def _wait_for_trial(self, prefix: str) -> None:
        began = self._device(prefix)

        def is_there(one: Device) -> bool:
            if one.take_state == FAILED and one.take_wanted == self._parcel.sha256 and one.nonce != began.nonce:
                raise RollError(one.take_why or "it says no more")
            return one.take_state == TRIAL and one.sha256 == self._parcel.sha256 and one.is_online is True

        self._order(prefix, self._parcel.order.kind, is_there, self._limits.all_s)

    def _order(self, prefix: str, kind: str, is_done: Callable[[Device], bool], most_s: Optional[float] = None) -> None:
        """Say it until the device follows, then wait until it `is_done`. RollError: it did not come to that."""
        order = self._parcel.order if kind == self._parcel.order.kind else Order(kind, self._parcel.sha256, {})
        nonce, said_s = self._device(prefix).nonce, float("-inf")
        began_s = self._clock.now_s()
        while not is_done(self._device(prefix)):
            device, now_s = self._device(prefix), self._clock.now_s()
            is_followed = device.take_state != TRIAL if kind in (KEEP, BACK) else device.nonce != nonce
            if not is_followed and now_s - said_s >= ORDER_EVERY_S and device.is_online:
                said_s = now_s
                text = text_of(order, prefix, device.nonce or "", self._key)
                self._following.send(TakingTopics(prefix).order, text)
            self._check_time(prefix, began_s, most_s if is_followed and most_s is not None else 0.0)
            self._turn(prefix)

    def _true_fps(self, prefix: str, when: str, left_out: int) -> float:
        """The median of its next figures, `left_out` of them left out; where none are, of those heard already too."""
        wanted, began_s = self._limits.figures, self._clock.now_s()
        start = self._device(prefix).fps_told - (0 if left_out else len(self._device(prefix).recent_fps))
        while self._device(prefix).fps_told - start < wanted + left_out:
            self._check_time(prefix, began_s, FIGURES_S * (wanted + left_out))
            if left_out and self._device(prefix).take_state != TRIAL:
                raise RollError("it went back by itself: {}".format(self._device(prefix).take_why or "it says no more"))
            self._turn(prefix)
        return statistics.median(self._device(prefix).recent_fps[-wanted:])

    def _went_back(self, prefix: str, before: Optional[str]) -> str:
        """Have it go back where it is on trial, and wait for that; in words what came of it."""
        try:
            if self._device(prefix).take_state == TRIAL:
                self._order(prefix, BACK, lambda one: one.take_state != TRIAL)
            began_s = self._clock.now_s()
            while self._device(prefix).sha256 != before or not self._device(prefix).is_online:
                self._check_time(prefix, began_s, 0.0)
                self._turn(prefix)
        except RollError as error:
            return "what it runs is not known ({}): by itself it goes back after 10 minutes".format(error)
        return "it runs {}".format(self._device(prefix).bundle_line)

    def _check_time(self, prefix: str, began_s: float, most_s: float) -> None:
        """RollError: it is silent, or what began then takes longer than `most_s` and an answer."""
        now_s, device = self._clock.now_s(), self._device(prefix)
        if now_s - max(began_s, device.heard_s) > self._limits.answer_s:
            raise RollError("no word from it for {:.0f} s".format(self._limits.answer_s))
        if now_s - began_s > most_s + self._limits.answer_s:
            fault = "" if device.last_fault is None else "; its last fault: {}".format(device.last_fault)
            raise RollError("it did not come to that within {:.0f} s{}".format(now_s - began_s, fault))

    def _turn(self, prefix: str) -> None:
        topics = TakingTopics(prefix)
        for topic, payload in self._following.turn():
            piece = self._parcel.piece(payload) if topic == topics.want else None
            if piece is not None:
                self._following.send(topics.piece, piece)
        device = self._device(prefix)
        told = "{}{}".format(
            device.take_state, "" if device.take_share is None else " {:.0%}".format(device.take_share)
        )
        if device.take_wanted == self._parcel.sha256 and self._told.get(prefix) != told:
            self._told[prefix] = told
            self._say("{}: {}".format(prefix, told))

    def _device(self, prefix: str) -> Device:
        return self._following.devices.get(prefix)

    def _outcome(self, prefix: str, word: str, why: str = "") -> Outcome:
        return Outcome(prefix, word, self._device(prefix).bundle_line or "unknown", why)


def _why_left_out(device: Device) -> str:
    """Empty: it can take a bundle."""
    if not device.is_online:
        return "it is offline"
    if device.take_state is None:
        return "it takes none: started without --take-bundles"
    if device.take_state not in (IDLE, FAILED):
        return "it is {} another".format("trying" if device.take_state == TRIAL else device.take_state)
    return "its camera is away: no true FPS to compare" if device.state != "online" else ""
