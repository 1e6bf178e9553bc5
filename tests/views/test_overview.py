"""Home's tile of the published accuracy: an accuracy, whichever way its source prints it."""

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.published import figures_of
from explorer.views.overview import tiles


def accuracy(name: str) -> tuple[str, str]:
    entry = PRESETS[name]
    (tile,) = (
        one
        for one in tiles(blueprint(entry.spec, entry.image_size), figures_of(name))
        if one.term == "accuracy"
    )
    return tile.value, tile.exact


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet50", ("76.13 %", "ImageNet")),  # torchvision prints accuracies
        ("plain34", ("71.46 %", "ImageNet")),  # the paper prints errors: 28.54
        ("resnet20", ("91.25 %", "CIFAR-10")),  # 8.75
        ("preact_resnet1001", ("95.08 %", "CIFAR-10")),  # 4.92
    ],
)
def test_errors_are_told_as_accuracies(name, said):
    assert accuracy(name) == said


def test_what_nobody_published_is_not_told():
    name = next(name for name in PRESETS if not figures_of(name))
    value, exact = accuracy(name)
    assert "%" not in value + exact
