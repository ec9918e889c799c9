"""Recoloured pictures keep their greys and their range."""

import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")

from training.stage1.recolouring import hue_turn, recolour  # noqa: E402


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0, 3.1, -1.5])
def test_grey_stays_grey_and_brightness_stays(angle):
    turn = hue_turn(angle)
    torch.testing.assert_close(turn @ torch.full((3,), 0.4), torch.full((3,), 0.4))
    torch.testing.assert_close(turn @ turn.T, torch.eye(3), rtol=0, atol=1e-6)


def test_a_third_of_the_circle_moves_the_channels_round():
    torch.testing.assert_close(hue_turn(2 * torch.pi / 3) @ torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0]))


def test_a_share_of_the_pictures_is_recoloured():
    torch.manual_seed(0)
    images = torch.rand(200, 3, 2, 2)
    turned = recolour(images.clone(), 0.5)
    changed = (turned != images).flatten(1).any(1).float().mean()
    assert 0.35 < changed < 0.65
    assert turned.min() >= 0
    assert turned.max() <= 1
    assert torch.equal(recolour(images.clone(), 0.0), images)
