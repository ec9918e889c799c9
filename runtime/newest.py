"""The hand-over between two threads: one place, where the newest wins, or the next waits until it is free."""

import threading
from typing import Generic, List, Optional, Sequence, Tuple, TypeVar

from runtime.frame import EndOfStream

Item = TypeVar("Item")


class NewestSlot(Generic[Item]):
    """Holds at most one item, a frame or what was seen in it. Safe with one thread giving and another taking.

    The giving thread calls `put` and never waits: an item nobody took yet is lost to the one after it, which
    shows as a gap in the frame ids. Or it calls `offer`, and loses nothing. It ends with `fail`, whatever the reason,
    so that no taker is left waiting.
    """

    def __init__(self, changed: Optional[threading.Condition] = None) -> None:
        """`changed`: is told of every change; slots that one thread takes from share one."""
        self._changed = changed or threading.Condition()
        self._item: Optional[Item] = None
        self._error: Optional[BaseException] = None

    def put(self, item: Item) -> Optional[Item]:
        """Make `item` the newest; the slot, and then its taker, owns it. Returns the one it took the place of."""
        with self._changed:
            displaced, self._item = self._item, item
            self._changed.notify_all()
            return displaced

    def offer(self, item: Item, timeout_s: float) -> bool:
        """Put `item` as soon as the slot is free; false if it was not within `timeout_s`."""
        with self._changed:
            if not self._changed.wait_for(self._is_free, max(0.0, timeout_s)):
                return False
            self._item = item
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> Optional[Item]:
        """The newest item not yet taken, waiting up to `timeout_s` for it; None if there is none by then.

        Once `fail` was called: the item put before it, if nobody has taken it, and from then on its exception.
        """
        with self._changed:
            self._changed.wait_for(self._settled, max(0.0, timeout_s))
            item, self._item = self._item, None
            if item is not None:
                self._changed.notify_all()
            elif self._error is not None:
                raise self._error
            return item

    def fail(self, error: BaseException) -> None:
        """No item comes any more: raise `error` in every later `take` (EndOfStream for an orderly end).

        The first reason stays, since what follows a failure is usually its consequence.
        """
        with self._changed:
            if self._error is None:
                self._error = error
            self._changed.notify_all()

    @property
    def is_settled(self) -> bool:
        """Whether `take` would return or raise at once."""
        return self._item is not None or self._error is not None

    def _settled(self) -> bool:
        return self.is_settled

    def _is_free(self) -> bool:
        return self._item is None


class NewestSlots(Generic[Item]):
    """A row of slots, of which one thread takes whatever is there, from each in turn."""

    def __init__(self, count: int) -> None:
        self._changed = threading.Condition()
        self._slots: List[NewestSlot[Item]] = [NewestSlot(self._changed) for _ in range(count)]
        self._going = list(range(count))
        """Numbers of those that have not ended, the one to be asked first first."""

    def __getitem__(self, number: int) -> NewestSlot[Item]:
        """For the giving threads."""
        return self._slots[number]

    @property
    def going(self) -> Sequence[int]:
        """Numbers of the slots that may still give something."""
        return self._going

    def fail(self, error: BaseException) -> None:
        """No item comes any more, in none of them; see NewestSlot.fail."""
        for slot in self._slots:
            slot.fail(error)

    def take(self, timeout_s: float) -> Optional[Tuple[int, Optional[Item]]]:
        """A slot's number and its newest item, waiting up to `timeout_s` for one; None if there is none by then.

        A slot that ends with EndOfStream gives None once, and is left out from then on; the last one's is raised, and
        any other exception.
        """
        with self._changed:
            self._changed.wait_for(self._is_any_settled, max(0.0, timeout_s))
            for place, number in enumerate(self._going):
                if self._slots[number].is_settled:
                    return self._taken(place, number)
            return None

    def _taken(self, place: int, number: int) -> Tuple[int, Optional[Item]]:
        others = self._going[place + 1 :] + self._going[:place]
        try:
            item = self._slots[number].take(0.0)
        except EndOfStream:
            self._going = others
            if not others:
                raise
            return number, None
        self._going = others + [number]
        return number, item

    def _is_any_settled(self) -> bool:
        return any(self._slots[number].is_settled for number in self._going)
