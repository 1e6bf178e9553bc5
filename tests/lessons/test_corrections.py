"""Sentences of the pages that corrected a tutorial's, or were corrected, against a computation."""

import re
from dataclasses import replace

import pytest
import torch

from explorer.architecture import blueprint, preset
from explorer.architecture.studies import BY_DEPTH
from explorer.experiments.embedded import depth_cards
from explorer.experiments.signal import cifar_network, signal
from explorer.lessons.myths import myths
from explorer.lessons.questions import cards
from explorer.ui.why.published import _numbers
from explorer.words import section, sections
from explorer.words.text import source


def test_double_slashes_are_no_comments_of_python():
    assert "that is no Python" in section("block_lab", "dialect d2l")
    with pytest.raises(SyntaxError):
        compile("x = 1  // the stride", "copy", "exec")
    compile("x = 1  # the stride", "original", "exec")


def test_momentum_is_the_share_of_the_new_value_in_torch_and_of_the_old_in_mxnet():
    assert "`bn_mom=0.9` is torch's momentum 0.1" in section("block_lab", "dialect mxnet")
    norm, x = torch.nn.BatchNorm1d(1, momentum=0.1), torch.full((4, 1), 5.0)
    norm(x)
    assert float(norm.running_mean) == pytest.approx(0.9 * 0 + 0.1 * 5)


def test_the_dashed_shortcuts_increase_the_channels():
    """Doubled, or quadrupled in conv2_x; the size halves wherever a stride is."""
    assert "*increase* the dimension" in section("shortcuts", "dashed facts")
    factors = {}
    for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"):
        for block in blueprint(preset(name), 224).dashed:
            (before, size, _), (after, smaller, _) = block.ops[0].in_shape, block.out_shape
            factors.setdefault(block.title, set()).add((after / before, size / smaller))
    assert factors.pop("conv2_1") == {(4.0, 1.0)}
    assert set(factors) == {"conv3_1", "conv4_1", "conv5_1"}
    assert all(found == {(2.0, 2.0)} for found in factors.values())


def test_error_by_depth_is_told_by_kind_of_block_from_the_published_table():
    numbers = _numbers(BY_DEPTH)
    told = section("why_residual", "depth", **numbers)
    # He et al. 2015, Table 6; He et al. 2016, Table 3.
    for figure in ("6.61 at 110", "7.93 at 1202", "5.93 and 7.61", "5.46 and 4.92"):
        assert figure in told
    assert not re.search(r"\d\.\d\d", sections("why_residual")["depth"])
    assert numbers["post1001"] > numbers["post164"]
    assert numbers["pre1001"] < numbers["pre164"]


def test_the_first_block_of_d2ls_first_stage_keeps_its_shape():
    assert "`first_block=True`" in section("block_lab", "dialect d2l")
    first = blueprint(preset("d2l_resnet18"), 224).blocks[0]
    assert first.ops[0].in_shape == first.out_shape
    assert first not in blueprint(preset("d2l_resnet18"), 224).dashed


def test_the_algorithms_output_is_y():
    assert "output is y" in sections("batch_norm")["after the four steps"]
    norm = torch.nn.BatchNorm1d(3)
    assert norm(torch.randn(5, 3)).shape == (5, 3)


@pytest.mark.parametrize(
    ("file", "title"),
    [("shortcuts", "identity"), ("parameters", "additions"), ("block_lab", "identity")],
)
def test_x_is_kept_for_the_addition_in_inference_and_anyway_in_training(file, title):
    """The weights' gradient of the branch's first convolution needs x whatever the shortcut."""
    assert "in inference" in sections(file)[title]
    kept = []
    x, convolution = torch.randn(1, 4, 6, 6), torch.nn.Conv2d(4, 4, 3, padding=1)

    def keep(tensor):
        kept.append(tensor.data_ptr())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        convolution(x)
    assert x.data_ptr() in kept


@pytest.mark.parametrize(("blocks", "least", "most"), [(36, 10, 100), (200, 100, 1000)])
def test_gradients_of_a_resnet_differ_by_tens_up_to_some_200_layers(blocks, least, most):
    """And by a few hundred at 1202, as the card says; a quarter of the paper's channels."""
    card = next(card for card in cards() if card.id == "vanishing-or-degradation")
    assert "a few hundred at 1202" in card.short
    myth = next(myth for myth in myths() if myth.id == "bn-cures-vanishing")
    assert "by tens at most, up to some 200 layers" in myth.fact
    spec = replace(cifar_network(110, True, True), depths=3 * (blocks,), widths=(4, 8, 16))
    assert least < signal(spec, 16, images=8).ratio < most


def test_the_misprint_has_a_zero_in_place_of_the_nine():
    assert f"{2 * 9 * 256 * 256:,}".replace("9", "0", 1) == "1,170,648"
    told = (sections("parameters")["a known slip"], source("questions/architecture"),
            source("myths"))  # fmt: skip
    assert all("a 0 in place of the 9" in text for text in told)


def test_degradation_is_told_with_the_losses_of_the_networks_on_board():
    """As the texts say it: higher with depth without shortcuts, not so with them."""
    loss = {name: card.training_loss for name, card in depth_cards().items()}
    assert loss["plain56"] > loss["plain20"] + 0.1
    assert loss["resnet56"] < loss["plain56"] and loss["resnet56"] < loss["resnet20"]
    (card,) = (one for one in cards() if one.id == "degradation-or-overfitting")
    (myth,) = (one for one in myths() if one.id == "degradation-overfitting")
    for text in (card.why, myth.why):
        for name in ("plain56", "plain20", "resnet56", "resnet20"):
            assert f"{loss[name]:.2f}" in text
        assert "in 8 epochs" in text and "by this project" in text
