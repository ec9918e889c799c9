"""What overlays draw, kept between pictures."""

import numpy as np

from runtime.picture.layer import Layer
from runtime.picture.overlay import Overlay


class Dots(Overlay):
    """A black and a white dot, further right at each version."""

    draws = 0

    def draw(self, picture):
        self.draws += 1
        picture[1, self.version] = 0
        picture[2, self.version] = 255


def picture(height=4):
    return np.full((height, 6, 3), 90, np.uint8)


def test_it_is_copied_where_something_was_drawn_and_drawn_anew_where_that_is_another():
    dots = Dots()
    layer = Layer([dots])
    for _ in range(3):
        shown = picture()
        layer.put_on(shown)
        wanted = picture()
        wanted[1, 0], wanted[2, 0] = 0, 255
        assert (shown == wanted).all()
    draws = dots.draws
    dots.version = 2
    shown = picture()
    layer.put_on(shown)
    assert (shown[1, :3] == [[90], [90], [0]]).all()
    layer.put_on(picture())
    assert dots.draws == 2 * draws
    layer.put_on(picture(height=5))
    assert dots.draws == 3 * draws


def test_without_anything_to_draw_the_picture_stays():
    shown = picture()
    Layer([]).put_on(shown)
    assert (shown == 90).all()
