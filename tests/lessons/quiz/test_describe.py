"""The line above a question tells everything that its answer depends on."""

from dataclasses import fields, replace

import pytest

from explorer.architecture import NetworkSpec, preset
from explorer.lessons.quiz import Network, describe

OTHERS = {
    "block": ("basic",),
    "depths": ((3, 4, 6, 4), (3, 4, 23, 3)),
    "widths": ((64, 128, 256, 256),),
    "stem": ("cifar", "deep", "3x3_pool", "3x3_stride2", "1x1"),
    "activation_order": ("pre",),
    "stride_on": ("1x1",),
    "shortcut": ("padding", "projection-always", "none"),
    "norm_on_projection": (False,),
    "norm": ("group", "none"),
    "norm_eps": (2e-5,),
    "final_norm": (False,),
    "share_first": (False,),
    "share_projection": (False,),
    "stem_norm": ("always", "never"),
    "stem_width": (32,),
    "stem_bias": (True,),
    "zero_padding": ("both",),
    "avg_down": (True,),
    "output_stride": (16, 8),
    "expansion": (2,),
    "se_ratio": (16, 8),
    "conv_bias": (True,),
    "groups": (2, 4),
    "width_per_group": (4, 128),
    "in_channels": (1,),
    "num_classes": (10,),
}
WITH = {"zero_padding": {"shortcut": "padding"}, "final_norm": {"activation_order": "pre"}}
WITH["share_first"] = {"activation_order": "pre", "stem": "cifar"}
WITH["share_projection"] = WITH["stem_norm"] = {"activation_order": "pre"}
"""What gives a field something to decide."""


def told(**changes):
    return describe(Network("resnet50", "Any", replace(preset("resnet50"), **changes), 224))


def test_every_field_of_the_spec_has_another_value_above():
    assert set(OTHERS) == {field.name for field in fields(NetworkSpec)}


@pytest.mark.parametrize("field", OTHERS)
def test_two_networks_that_differ_in_one_field_are_told_apart(field):
    base = WITH.get(field, {})
    lines = [told(**base), *(told(**base, **{field: value}) for value in OTHERS[field])]
    assert len(set(lines)) == len(lines), field


def test_the_size_of_the_image_is_told():
    spec = preset("resnet50")
    sizes = [describe(Network("resnet50", "Any", spec, size)) for size in (224, 225)]
    assert sizes[0] != sizes[1]
