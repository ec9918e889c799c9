"""Takes a bundle from the fleet: follows its orders, one at a time, and tells what it does."""

import json
import logging
import secrets
import threading
from typing import Callable, List, Optional, Sequence

from runtime.bundle import Bundle
from runtime.clock import MonotonicClock
from runtime.errors import BundleError
from runtime.mqtt.ears import Ears, Said
from runtime.taking import protocol
from runtime.taking.incoming import Incoming
from runtime.taking.place import Place
from runtime.taking.protocol import (
    BACK,
    CHECKING,
    FAILED,
    FETCHING,
    IDLE,
    KEEP,
    TAKE,
    TRIAL,
    Order,
    OrderError,
    TakingTopics,
)

log = logging.getLogger(__name__)

AGAIN_S = 5.0
"""A piece that has not come after so long is asked for once more."""
SILENCE_S = 60.0
"""No piece for so long: the fleet has gone."""
TRIAL_S = 600.0
"""Not kept by then, the bundle goes: whoever rolled it out has gone."""
MOST_LETTERS = 300
"""Of a reason that is told."""


class Taker(Ears):
    """Its methods are called on the thread that tells the broker; checking has one of its own."""

    def __init__(
        self,
        place: Place,
        key: Optional[bytes],
        why_not: Callable[[str], str],
        start_again: Callable[[], None],
        clock: Optional[MonotonicClock] = None,
    ) -> None:
        """`key`: None takes unsigned orders too. `why_not`: a bundle's folder -> why it does not run here, empty: it
        does; may take minutes. `start_again`: has the program end and begin anew, with the bundle that `place` names.
        """
        self._place, self._key, self._why_not, self._start_again = place, key, why_not, start_again
        self._clock = clock or MonotonicClock()
        self._topics = TakingTopics("")
        self._nonce = secrets.token_hex(8)
        self._state = TRIAL if place.taken.is_trial else FAILED if place.taken.failed else IDLE
        self._why = place.taken.failed
        self._trial_ends_s = self._clock.now_s() + TRIAL_S
        self._incoming: Optional[Incoming] = None
        self._heard_s = self._asked_s = 0.0
        self._checker: Optional[threading.Thread] = None
        self._verdict: Optional[str] = None
        self._wanted = ""
        self._told = ""

    def topics(self, prefix: str) -> Sequence[str]:
        """At each connection: told anew, since the broker may have forgotten."""
        self._topics, self._told = TakingTopics(prefix), ""
        return self._topics.order, self._topics.piece

    def hear(self, topic: str, payload: bytes) -> None:
        try:
            if topic == self._topics.piece:
                self._take_piece(payload)
            elif topic == self._topics.order:
                self._follow(protocol.read_order(payload, self._topics.prefix, self._nonce, self._key))
        except OrderError as error:
            if self._state == FETCHING:
                self._fail(str(error))
            else:
                log.warning("an order of the fleet is not followed: %s", error)
        except OSError as error:
            self._fail("{}: {}".format(self._place.folder, error.strerror or error))

    def say(self) -> List[Said]:
        try:
            return self._moved_on()
        except OSError as error:
            self._fail("{}: {}".format(self._place.folder, error.strerror or error))
            return []

    def _moved_on(self) -> List[Said]:
        now_s = self._clock.now_s()
        said = []
        if self._state == TRIAL and now_s >= self._trial_ends_s:
            self._give_back("nobody kept it within {:.0f} s".format(TRIAL_S))
        if self._state == CHECKING and self._verdict is not None:
            self._end_check(self._verdict)
        if self._incoming is not None and self._incoming.wanted is None:
            self._begin_check()
        if self._incoming is not None:
            if now_s - self._heard_s > SILENCE_S:
                self._fail("no piece of it came for {:.0f} s".format(SILENCE_S))
            elif now_s - self._asked_s >= AGAIN_S:
                said.append(self._want(now_s))
        text = self._text()
        if text != self._told:
            self._told = text
            said.insert(0, Said(self._topics.state, text, retain=True))
        return said

    def _follow(self, order: Order) -> None:
        if self._state in (FETCHING, CHECKING) and order.sha256 == self._wanted and order.kind == TAKE:
            return
        is_on_trial = self._state == TRIAL and order.sha256 == self._place.taken.running
        if order.kind == TAKE and self._state in (IDLE, FAILED):
            self._take(order)
        elif order.kind == KEEP and is_on_trial:
            self._place.keep()
            self._become(IDLE)
            log.info("the bundle %s... is kept", order.sha256[:12])
        elif order.kind == BACK and is_on_trial:
            self._give_back("the fleet gave it back")
        else:
            raise OrderError("{} of {}... while {}".format(order.kind, order.sha256[:12], self._state))

    def _take(self, order: Order) -> None:
        self._wanted = order.sha256
        if order.sha256 == self._place.taken.running:
            self._become(IDLE)
            return
        log.info("taking the bundle %s..., %.1f MB", order.sha256[:12], sum(order.sizes.values()) / 1e6)
        self._become(FETCHING)
        self._incoming = Incoming(self._place.incoming, order.sha256, order.sizes)
        self._heard_s, self._asked_s = self._clock.now_s(), float("-inf")

    def _take_piece(self, payload: bytes) -> None:
        piece = protocol.read_piece(payload)
        if self._incoming is None or piece is None or piece[:2] != self._incoming.wanted:
            return
        self._incoming.take(*piece)
        self._heard_s, self._asked_s = self._clock.now_s(), float("-inf")

    def _want(self, now_s: float) -> Said:
        assert self._incoming is not None
        assert self._incoming.wanted is not None
        self._asked_s = now_s
        return Said(self._topics.want, protocol.want_text(self._incoming.sha256, *self._incoming.wanted))

    def _begin_check(self) -> None:
        assert self._incoming is not None
        self._incoming.close()
        self._incoming, self._verdict = None, None
        self._become(CHECKING)
        self._checker = threading.Thread(target=self._check, name="bundle check", daemon=True)
        self._checker.start()

    def _check(self) -> None:
        """The thread. Where it ends the program, the bundle before is still the one that runs."""
        verdict = "the check broke off"
        try:
            Bundle.open(self._place.incoming)
            verdict = self._why_not(self._place.settle_in(self._wanted))
        except (BundleError, OSError) as error:
            verdict = str(error)
        finally:
            self._verdict = verdict

    def _end_check(self, verdict: str) -> None:
        if verdict:
            self._fail(verdict)
            return
        self._place.try_out(self._wanted)
        log.info("the bundle %s... opens and runs: starting again with it", self._wanted[:12])
        self._start_again()
        self._trial_ends_s = self._clock.now_s() + TRIAL_S
        self._become(TRIAL)

    def _give_back(self, why: str) -> None:
        log.error("the bundle %s... is given back: %s", (self._place.taken.running or "")[:12], why)
        self._place.go_back(why)
        self._why = why
        self._start_again()
        self._become(FAILED, why)

    def _fail(self, why: str) -> None:
        """What ran goes on running."""
        log.error("no other bundle: %s", why)
        if self._incoming is not None:
            self._incoming.close()
            self._incoming = None
        self._become(FAILED, why)
        self._place.clean()

    def _become(self, state: str, why: str = "") -> None:
        self._state, self._why, self._nonce = state, why[:MOST_LETTERS], secrets.token_hex(8)

    def _text(self) -> str:
        taken = self._place.taken
        told = {"state": self._state, "why": self._why, "nonce": self._nonce, "wanted": self._wanted}
        if self._incoming is not None:
            told["share"] = str(int(10 * self._incoming.share) / 10)
        return json.dumps(dict(told, running=taken.running, before=taken.before))
