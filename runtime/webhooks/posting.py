"""The thread that posts to one address: in order, again where that fails, signed; the loop never waits."""

import hashlib
import hmac
import http.client
import json
import logging
import threading
import urllib.error
import urllib.request
from collections import deque
from typing import Any, Deque, Dict, Optional

from runtime import __version__
from runtime.clock import MonotonicClock
from runtime.webhooks.hook import Hook

log = logging.getLogger(__name__)

WAITING = 200
"""Events that wait for an address that does not answer; beyond, the oldest are dropped and counted."""
ANSWER_S = 10.0
TRIES = 8
"""With waits of 1, 2, 4 .. 60 s between: two minutes."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
CLOSE_S = 3.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What was meant for one address is not for another."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Poster:
    """Of one hook."""

    def __init__(self, hook: Hook, secret: Optional[bytes], first_wait_s: float = FIRST_WAIT_S) -> None:
        self.dropped = self.posted = 0
        self._hook, self._secret, self._first_wait_s = hook, secret, first_wait_s
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._changed = threading.Condition()
        self._waiting: Deque[Dict[str, Any]] = deque()
        self._ending = threading.Event()
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    def put(self, content: Dict[str, Any]) -> None:
        """Hand over one event."""
        with self._changed:
            self._waiting.append(content)
            if len(self._waiting) > WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending.is_set())
                if not self._waiting:
                    return
                content = self._waiting.popleft()
            if self._deliver(content):
                self.posted += 1
            else:
                self.dropped += 1

    def _deliver(self, content: Dict[str, Any]) -> bool:
        body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8")
        wait_s = self._first_wait_s
        for number in range(TRIES):
            problem, is_final = self._post(body)
            if not problem:
                if self._is_failing:
                    log.warning("%s answers again", self._hook.shown)
                self._is_failing = False
                return True
            if not self._is_failing:
                log.warning("%s: %s; %s", self._hook.shown, problem, "left out" if is_final else "tried again")
            self._is_failing = True
            if is_final or number == TRIES - 1 or self._ending.wait(wait_s):
                return False
            wait_s = min(LONGEST_WAIT_S, 2 * wait_s)
        return False

    def _post(self, body: bytes) -> tuple:
        """(what is wrong or empty, whether another try makes no sense)."""
        headers = {"Content-Type": "application/json", "User-Agent": "shelfsight/" + __version__}
        if self._secret is not None:
            headers["X-Shelfsight-Signature"] = signature(self._secret, body)
        request = urllib.request.Request(self._hook.url, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=ANSWER_S):
                return "", False
        except urllib.error.HTTPError as error:
            with error:
                is_final = error.code < 500 and error.code not in (408, 425, 429)
                return "answers {}".format(error.code), is_final
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            return str(getattr(reason, "strerror", None) or reason) or type(reason).__name__, False

    def close(self) -> None:
        """Post what waits, within CLOSE_S; say what could not be. May be called twice."""
        self._ending.set()
        with self._changed:
            self._changed.notify_all()
        deadline_s = MonotonicClock().now_s() + CLOSE_S
        self._thread.join(max(0.0, deadline_s - MonotonicClock().now_s()))
        lost = self.dropped + len(self._waiting)
        if lost:
            log.warning("%s: %d events were not posted", self._hook.shown, lost)


def signature(secret: bytes, body: bytes) -> str:
    """As GitHub has it: sha256= and the HMAC of the body in hexadecimal."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
