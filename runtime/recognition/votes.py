"""What is known of the name of one track: the answers of stage 2 so far, and the name that they add up to."""

from typing import Dict

from runtime.frame import UNKNOWN

LEAD = 2.0
"""By how many votes another name must lead to take the place of the present one."""
STREAK = 3
"""How many equal answers in a row do the same."""
MAX_VOTES = 6.0
"""Of one name: what was seen long ago must not outvote what is seen now for ever."""


class Votes:
    """A name holds until another has a lead or a streak, so that one odd answer does not flicker.

    Unknown gives way at once, since things are seen in part before they are seen whole.
    """

    __slots__ = ("product", "similarity", "margin", "streak", "_votes", "_last")

    def __init__(self, product: int, similarity: float, margin: float) -> None:
        """The first answer decides alone."""
        self.product = product
        self.similarity = similarity
        """Of the last answer that agreed."""
        self.margin = margin
        """Of the last answer: by how much it beat the next best name, or the threshold."""
        self._votes: Dict[int, float] = {product: 1.0}
        self._last = product
        self.streak = 1
        """How many of the last answers were equal."""

    @property
    def is_contested(self) -> bool:
        """Whether the last answer named another product."""
        return self._last != self.product

    def add(self, product: int, similarity: float, margin: float) -> None:
        """Count one more answer."""
        self.streak = self.streak + 1 if product == self._last else 1
        self._last = product
        self.margin = margin
        self._votes[product] = min(MAX_VOTES, self._votes.get(product, 0.0) + 1.0)
        if product != self.product:
            has_lead = self._votes[product] >= self._votes[self.product] + LEAD
            if self.product != UNKNOWN and self.streak < STREAK and not has_lead:
                return
            self.product = product
            self._votes = {product: self._votes[product]}
        self.similarity = similarity
