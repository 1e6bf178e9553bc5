"""Every pair that Compare offers at one click: what its sentences count is counted here by hand.

Nothing of explorer.architecture counts here: layers are written out from the papers' tables.
"""

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.alignment import aligned
from explorer.architecture.causes import causes
from explorer.lessons import compare
from explorer.ui.compare.sides import _OFTEN

WIDTHS, SIDES = (64, 128, 256, 512), (56, 28, 14, 7)
FIFTY = (3, 4, 6, 3)
STAGES = tuple(zip(WIDTHS, SIDES, FIFTY, strict=True))


def conv(inputs, outputs, kernel, side, groups=1):
    """Parameters and MACs of a convolution without bias."""
    weights = inputs * outputs * kernel**2 // groups
    return weights, weights * side**2


def norm(channels):
    return 2 * channels, 0


def total(*parts):
    return tuple(map(sum, zip(*parts, strict=True)))


def less(one, other):
    return one[0] - other[0], one[1] - other[1]


def eighteen_and_thirty_four():
    """A basic block more in conv2 and conv5, two in conv3, four in conv4."""
    more = zip(WIDTHS, SIDES, (1, 2, 4, 1), strict=True)
    return total(
        *(
            part
            for width, side, blocks in more
            for part in [conv(width, width, 3, side), norm(width)] * (2 * blocks)
        )
    )


def bottleneck_inputs():
    """Channels that each bottleneck of a ResNet-50 reads, its width, size and place."""
    x = 64
    for width, side, blocks in STAGES:
        for place in range(blocks):
            yield x, width, side, place
            x = 4 * width


def bottlenecks():
    """Main branches and projections of a ResNet-50, but for the first projection; classifier."""
    for inputs, width, side, place in bottleneck_inputs():
        first = 2 * side if place == 0 and width > 64 else side
        yield conv(inputs, width, 1, first)
        yield conv(width, width, 3, side)
        yield conv(width, 4 * width, 1, side)
        yield total(norm(width), norm(width), norm(4 * width))
        if place == 0 and width > 64:
            yield total(conv(inputs, 4 * width, 1, side), norm(4 * width))
    yield 2049 * 1000, 2048 * 1000


def basics():
    """The same of a ResNet-34."""
    x = 64
    for width, side, blocks in STAGES:
        for _ in range(blocks):
            yield total(conv(x, width, 3, side), conv(width, width, 3, side), norm(2 * width))
            if x != width:
                yield total(conv(x, width, 1, side), norm(width))
            x = width
    yield 513 * 1000, 512 * 1000


def stride_of_v1():
    """In three blocks the first 1x1 works at a quarter of the positions."""
    found = []
    for inputs, width, side in ((256, 128, 28), (512, 256, 14), (1024, 512, 7)):
        found.append(less(conv(inputs, width, 1, side), conv(inputs, width, 1, 2 * side)))
    return total(*found)


def projections_of_34():
    pairs = ((64, 128, 28), (128, 256, 14), (256, 512, 7))
    return total(*(p for i, o, side in pairs for p in (conv(i, o, 1, side), norm(o))))


def groups_of_resnext():
    """Each 3x3 is twice as wide, in 32 groups."""
    return total(
        *(
            less(conv(2 * width, 2 * width, 3, side, 32), conv(width, width, 3, side))
            for _, width, side, _ in bottleneck_inputs()
        )
    )


def width_of_resnext():
    """Both 1x1 write and read twice as many channels, and two normalisations work on them."""
    parts = []
    for inputs, width, side, place in bottleneck_inputs():
        first = 2 * side if place == 0 and width > 64 else side
        parts += [
            conv(inputs, width, 1, first),
            conv(width, 4 * width, 1, side),
            norm(width),
            norm(width),
        ]
    return total(*parts)


def stem_of_d():
    """Three 3x3 of 32, 32 and 64 channels at 112 pixels instead of a 7x7."""
    more = [conv(32, 32, 3, 112), conv(32, 64, 3, 112), norm(32), norm(32)]
    return total(*more), less(conv(3, 32, 3, 112), conv(3, 64, 7, 112))


def gates_of_se():
    parts = []
    for _, width, _, _ in bottleneck_inputs():
        out, inner = 4 * width, 4 * width // 16
        parts.append((2 * out * inner + out + inner, 2 * out * inner))
    return total(*parts)


def biases_of_d2l():
    """The stem, two convolutions in each of eight blocks, three projections."""
    return 64 + sum(4 * width for width in WIDTHS) + sum(WIDTHS[1:]), 0


def order_of_pre_activation():
    """Post-activation normalises what convolutions write, pre-activation what they read; the
    stem's and the last one are told apart."""
    parts = []
    for inputs, width, _, _ in bottleneck_inputs():
        post, pre = (width, width, 4 * width), (inputs, width, width)
        parts += [less(norm(a), norm(b)) for a, b in zip(post, pre, strict=True)]
    return total(*parts)


def norms_of_v1():
    """Four projections with batch norm, and no batch norm before the pool."""
    return less(total(*(norm(4 * width) for width in WIDTHS)), norm(2048))


BY_HAND = {
    ("resnet18", "resnet34"): {"blocks": (8, eighteen_and_thirty_four())},
    ("resnet34", "resnet50"): {
        "shortcut": (1, total(conv(64, 256, 1, 56), norm(256))),
    },
    ("resnet50", "resnet50_v1"): {"stride": (3, stride_of_v1())},
    ("plain34", "resnet34"): {"shortcut": (16, projections_of_34())},
    ("resnet50", "resnext50_32x4d"): {
        "groups": (16, groups_of_resnext()),
        "width": (16, width_of_resnext()),
    },
    ("resnet50", "resnet50d"): {
        "average": (3, (0, 0)),
        "missing": (1, stem_of_d()[0]),
        "kernel": (1, stem_of_d()[1]),
    },
    ("resnet50", "seresnet50"): {"gate": (16, gates_of_se())},
    ("resnet18", "d2l_resnet18"): {
        "norm": (3, (-2 * sum(WIDTHS[1:]), 0)),
        "width": (1, (-990 * 513, -990 * 512)),
        "bias": (9, biases_of_d2l()),
    },
    ("preact_resnet50", "resnet50_v1"): {
        "missing": (1, (0, 0)),
        "order": (16, order_of_pre_activation()),
        "norm": (5, norms_of_v1()),
    },
}


def of(left, right):
    return aligned(*(blueprint(PRESETS[name].spec, 224) for name in (left, right)))


def test_every_pair_of_one_click_is_counted_here():
    assert set(BY_HAND) == set(_OFTEN)


@pytest.mark.parametrize("pair", BY_HAND, ids=" and ".join)
def test_causes_are_counted_by_hand(pair):
    found = {cause.id: cause for cause in causes(of(*pair))}
    for name, (blocks, counted) in BY_HAND[pair].items():
        cause = found.pop(name)
        assert (cause.blocks, (cause.params, cause.macs)) == (blocks, counted), name
    if pair != ("resnet34", "resnet50"):
        assert not found
        return
    # Which of a bottleneck's layers stands beside which 3x3 is a matter of the alignment.
    assert set(found) == {"missing", "kernel", "width"}
    rest = total(*((cause.params, cause.macs) for cause in found.values()))
    assert rest == less(total(*bottlenecks()), total(*basics()))


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (("resnet18", "resnet34"), "**The whole difference in MACs**: 8 blocks without"),
        (("resnet34", "resnet50"), "−1,066,139,648**: In 16 blocks a window has another size"),
        (("resnet50", "resnet50_v1"), "In 3 blocks the stride sits on another layer"),
        (("plain34", "resnet34"), "This changes MACs in 3 blocks only."),
        (("resnet50", "resnext50_32x4d"), "+1,759,772,672**: In 16 blocks there are other"),
        (("resnet50", "resnet50d"), "+346,816,512**: In 1 part a layer has no counterpart"),
        (("resnet50", "seresnet50"), "In 16 blocks only SE-ResNet-50 weighs its channels"),
        (("resnet18", "d2l_resnet18"), "512 → 1,000 on the left, `fc`: fully connected, 512 → 10"),
        (("preact_resnet50", "resnet50_v1"), "parameters most, +3,968**: In 16 blocks norm"),
    ],
    ids=lambda value: " and ".join(value) if isinstance(value, tuple) else "",
)
def test_the_first_reason_is_the_largest(pair, said):
    one, titles = of(*pair), compare.Titles(*(PRESETS[name].title for name in pair))
    told = compare.main_reason(one, titles)
    assert said in told
    measure = "macs" if one.difference("macs") else "params"
    largest = max((abs(getattr(cause, measure)) for cause in causes(one)), default=0)
    assert f"{largest:,}" in told or "The whole difference" in told
    if "The whole difference" in told:
        assert largest == abs(one.difference(measure))


@pytest.mark.parametrize(
    ("pair", "cause", "moves_params", "moves_macs"),
    [
        (("plain34", "resnet34"), "shortcut", 3, 3),
        (("resnet50", "seresnet50"), "gate", 16, 16),
        (("resnet50", "resnet50_v1"), "stride", 0, 3),
        (("resnet18", "d2l_resnet18"), "bias", 9, 0),
        # In the others the same channels are normalised at another place.
        (("preact_resnet50", "resnet50_v1"), "order", 4, 0),
    ],
    ids=lambda value: " and ".join(value) if isinstance(value, tuple) else "",
)
def test_in_how_many_blocks_a_cause_moves_a_count(pair, cause, moves_params, moves_macs):
    (found,) = [one for one in causes(of(*pair)) if one.id == cause]
    assert (found.moves_params, found.moves_macs) == (moves_params, moves_macs)


def test_choices_are_told_side_by_side():
    one = of("resnet50", "seresnet50")
    (choice,) = compare.choices(one)
    assert choice.told.endswith("ratio**: no on the left, 16 on the right.")
    (stride,) = compare.choices(of("resnet50_v1", "resnet50"))
    assert stride.told.endswith("1×1 on the left, 3×3 on the right.")


def test_the_issue_s_own_sentence():
    """'The same 25,557,032 parameters; 231,211,008 MACs more (+6.0 %), because in three blocks
    the first 1x1 works at the full size.'"""
    one = of("resnet50_v1", "resnet50")
    titles = compare.Titles("v1", "v1.5")
    lead = compare.lead(one, titles)
    assert "as many parameters as v1**: 25,557,032." in lead
    assert "**231,211,008 MACs more** (+6.0\N{NO-BREAK SPACE}%)" in lead
    told = compare.main_reason(one, titles)
    assert told.startswith("**The whole difference in MACs**: In 3 blocks the stride")
    assert "`conv1`: 1×1/2, 56×56×256 → 28×28×128 on the left" in told
    assert "`conv1`: 1×1, 56×56×256 → 56×56×128 on the right" in told
