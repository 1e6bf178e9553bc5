"""The line above a question tells everything that its answer depends on."""

from dataclasses import fields, replace

import pytest

from explorer.architecture import NetworkSpec, preset
from explorer.lessons.quiz import Network, describe

OTHERS = {
    "block": ("basic",),
    "depths": ((3, 4, 6, 4), (3, 4, 23, 3)),
    "widths": ((64, 128, 256, 256),),
    "stem": ("cifar",),
    "activation_order": ("pre",),
    "stride_on": ("1x1",),
    "shortcut": ("padding", "projection-always", "none"),
    "norm_on_projection": (False,),
    "batch_norm": (False,),
    "conv_bias": (True,),
    "groups": (2, 4),
    "width_per_group": (4, 128),
    "in_channels": (1,),
    "num_classes": (10,),
}


def told(**changes):
    return describe(Network("resnet50", "Any", replace(preset("resnet50"), **changes), 224))


def test_every_field_of_the_spec_has_another_value_above():
    assert set(OTHERS) == {field.name for field in fields(NetworkSpec)}


@pytest.mark.parametrize("field", OTHERS)
def test_two_networks_that_differ_in_one_field_are_told_apart(field):
    lines = [told(), *(told(**{field: value}) for value in OTHERS[field])]
    assert len(set(lines)) == len(lines), field


def test_the_size_of_the_image_is_told():
    spec = preset("resnet50")
    sizes = [describe(Network("resnet50", "Any", spec, size)) for size in (224, 225)]
    assert sizes[0] != sizes[1]
