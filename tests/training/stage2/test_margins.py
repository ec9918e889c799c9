"""The cosine head: its margins make the task harder in the way that their papers say."""

import math

import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")

from training.stage2.flags import LOSSES  # noqa: E402
from training.stage2.margins import MARGINS, CosineHead  # noqa: E402


def logits(loss, strength, embeddings=None, **options):
    torch.manual_seed(0)
    head = CosineHead(4, 3, loss, scale=1.0, **options)
    given = head.prototypes().detach()[:2] if embeddings is None else embeddings
    targets = torch.nn.functional.one_hot(torch.tensor([0, 1]), 3).float()
    return head(given, targets, strength)


def test_the_command_offers_each_loss():
    assert set(LOSSES) == set(MARGINS)


@pytest.mark.parametrize("loss", MARGINS)
def test_prototypes_have_length_one_and_are_nearest_to_themselves(loss):
    head = CosineHead(16, 3, loss)
    torch.testing.assert_close(head.prototypes().norm(dim=1), torch.ones(3), rtol=0, atol=1e-5)
    cosines, _ = logits(loss, 1.0)
    assert cosines.argmax(dim=1).tolist() == [0, 1]


def test_cosface_takes_the_margin_from_the_right_cosine_alone():
    cosines, harder = logits("cosface", 1.0, margin=0.4)
    right = torch.eye(3)[:2].bool()
    torch.testing.assert_close(harder[right], cosines[right] - 0.4)
    torch.testing.assert_close(harder[~right], cosines[~right])


def test_arcface_adds_the_margin_to_the_angle():
    torch.manual_seed(1)
    embeddings = torch.nn.functional.normalize(torch.randn(2, 4))
    cosines, harder = logits("arcface", 1.0, embeddings, margin=0.3)
    angles = torch.acos(cosines[[0, 1], [0, 1]])
    torch.testing.assert_close(harder[[0, 1], [0, 1]], torch.cos(angles + 0.3), rtol=0, atol=1e-5)


def test_arcface_stays_harder_beyond_half_a_turn():
    torch.manual_seed(0)
    head = CosineHead(4, 3, "arcface", scale=1.0)
    opposite = -head.prototypes().detach()[:2]
    targets = torch.eye(3)[:2]
    cosines, harder = head(opposite, targets)
    assert (harder[[0, 1], [0, 1]] < cosines[[0, 1], [0, 1]] - head.margin * math.sin(head.margin) * 0.9).all()


def test_softmax_has_no_margin_and_strength_brings_one_in():
    for loss, strength in (("softmax", 1.0), ("cosface", 0.0), ("arcface", 0.0)):
        cosines, harder = logits(loss, strength)
        torch.testing.assert_close(harder, cosines, rtol=0, atol=1e-5)


def test_mixed_targets_share_the_margin():
    head = CosineHead(4, 3, "cosface", scale=1.0, margin=0.4)
    cosines, harder = head(head.prototypes()[:1], torch.tensor([[0.75, 0.25, 0.0]]))
    torch.testing.assert_close(cosines - harder, torch.tensor([[0.3, 0.1, 0.0]]))
