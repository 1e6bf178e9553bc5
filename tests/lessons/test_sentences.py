"""What the player says: ResNet-18 against a walk written by hand, and the other forms."""

from dataclasses import replace

import pytest

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.architecture.unit import UnitSpec, unit
from explorer.lessons import overview
from explorer.lessons.sentences import block_sentence, op_sentence, walk_in_words


def drawn(name):
    return blueprint(preset(name), PRESETS[name].image_size)


def say(name, path):
    bp = drawn(name)
    return op_sentence(bp, next(op for op in bp.ops if op.path == path))


def conv(read, kernels, kernel, stride, written, padding=1):
    return (
        f"Input {read}, {kernels} kernels of {kernel}, stride {stride}, padding {padding}: "
        f"output {written}."
    )


def norm(channels, shape):
    return (
        f"Batch norm normalises each of the {channels} channels, then scales and shifts it by two "
        f"learned numbers. The shape stays {shape}."
    )


def relu(shape):
    return f"ReLU sets negative values to zero. The shape stays {shape}."


def last_relu(shape):
    return f"ReLU after the addition sets negative values to zero: the block's output, {shape}."


def add(shape, what="input"):
    return (
        f"The block adds its {what}, {shape}, to what its main branch made of it, number by number."
    )


def project(read, kernels, kernel, written):
    return [
        f"On the shortcut: input {read}, {kernels} kernels of {kernel}, stride 2, so that it has "
        f"the main branch's shape: output {written}.",
        f"On the shortcut: batch norm normalises, scales and shifts each of the projection's "
        f"{kernels} channels. The shape stays {written}.",
    ]


RESNET18 = [
    conv("224×224×3", 64, "7×7×3", 2, "112×112×64", padding=3),
    norm(64, "112×112×64"),
    relu("112×112×64"),
    "Input 112×112×64, the largest value of each 3×3 window, stride 2, padding 1: output 56×56×64.",
    # conv2_1 and conv2_2: 64 channels, 56 pixels
    conv("56×56×64", 64, "3×3×64", 1, "56×56×64"),
    norm(64, "56×56×64"),
    relu("56×56×64"),
    conv("56×56×64", 64, "3×3×64", 1, "56×56×64"),
    norm(64, "56×56×64"),
    add("56×56×64"),
    last_relu("56×56×64"),
    conv("56×56×64", 64, "3×3×64", 1, "56×56×64"),
    norm(64, "56×56×64"),
    relu("56×56×64"),
    conv("56×56×64", 64, "3×3×64", 1, "56×56×64"),
    norm(64, "56×56×64"),
    add("56×56×64"),
    last_relu("56×56×64"),
    # conv3_1 and conv3_2: 128 channels, 28 pixels
    conv("56×56×64", 128, "3×3×64", 2, "28×28×128"),
    norm(128, "28×28×128"),
    relu("28×28×128"),
    conv("28×28×128", 128, "3×3×128", 1, "28×28×128"),
    norm(128, "28×28×128"),
    *project("56×56×64", 128, "1×1×64", "28×28×128"),
    add("28×28×128", "projected input"),
    last_relu("28×28×128"),
    conv("28×28×128", 128, "3×3×128", 1, "28×28×128"),
    norm(128, "28×28×128"),
    relu("28×28×128"),
    conv("28×28×128", 128, "3×3×128", 1, "28×28×128"),
    norm(128, "28×28×128"),
    add("28×28×128"),
    last_relu("28×28×128"),
    # conv4_1 and conv4_2: 256 channels, 14 pixels
    conv("28×28×128", 256, "3×3×128", 2, "14×14×256"),
    norm(256, "14×14×256"),
    relu("14×14×256"),
    conv("14×14×256", 256, "3×3×256", 1, "14×14×256"),
    norm(256, "14×14×256"),
    *project("28×28×128", 256, "1×1×128", "14×14×256"),
    add("14×14×256", "projected input"),
    last_relu("14×14×256"),
    conv("14×14×256", 256, "3×3×256", 1, "14×14×256"),
    norm(256, "14×14×256"),
    relu("14×14×256"),
    conv("14×14×256", 256, "3×3×256", 1, "14×14×256"),
    norm(256, "14×14×256"),
    add("14×14×256"),
    last_relu("14×14×256"),
    # conv5_1 and conv5_2: 512 channels, 7 pixels
    conv("14×14×256", 512, "3×3×256", 2, "7×7×512"),
    norm(512, "7×7×512"),
    relu("7×7×512"),
    conv("7×7×512", 512, "3×3×512", 1, "7×7×512"),
    norm(512, "7×7×512"),
    *project("14×14×256", 512, "1×1×256", "7×7×512"),
    add("7×7×512", "projected input"),
    last_relu("7×7×512"),
    conv("7×7×512", 512, "3×3×512", 1, "7×7×512"),
    norm(512, "7×7×512"),
    relu("7×7×512"),
    conv("7×7×512", 512, "3×3×512", 1, "7×7×512"),
    norm(512, "7×7×512"),
    add("7×7×512"),
    last_relu("7×7×512"),
    "Global average pool: the mean of each channel's 7×7 positions turns 7×7×512 into 1×1×512.",
    "Flatten: 1×1×512 becomes a vector of 512 numbers.",
    "Fully connected: 512 numbers to 1,000 scores, one for each class. Softmax, which follows "
    "outside the network, makes them probabilities.",
]


def test_the_whole_walk_through_resnet18():
    assert [sentence for _, sentence in walk_in_words(drawn("resnet18"))] == RESNET18


def test_the_walk_names_every_op_in_order():
    bp = drawn("resnet18")
    assert [path for path, _ in walk_in_words(bp)] == [op.path for op in bp.ops]


@pytest.mark.parametrize("name", PRESETS)
def test_every_op_of_every_preset_has_a_sentence_with_its_output(name):
    bp = drawn(name)
    for op, (path, sentence) in zip(bp.ops, walk_in_words(bp), strict=True):
        assert path == op.path
        assert "{" not in sentence
        assert sentence.endswith((".",))
        if op.kind not in ("flatten", "linear"):
            channels, height, width = op.out_shape
            assert f"{height}×{width}×{channels:,}" in sentence


@pytest.mark.parametrize(
    ("name", "path", "sentence"),
    [
        (
            "resnet20",
            "layer2.0.pad",
            "On the shortcut: 32×32×16 becomes 16×16×32: every second pixel is kept and 16 "
            "channels of zeros are added. Nothing is learned (option A).",
        ),
        ("resnet20", "layer2.0.add", add("16×16×32", "padded input")),
        ("preact_resnet50", "layer1.0.add", add("56×56×256", "projected first activation")),
        ("preact_resnet110", "layer1.0.add", add("32×32×16", "first activation")),
        (
            "preact_resnet50",
            "layer1.0.relu1",
            "ReLU sets negative values to zero. The shape stays 56×56×64; the main branch and the "
            "shortcut both read it.",
        ),
        ("preact_resnet50", "layer1.1.relu1", relu("56×56×256")),
        ("plain18", "layer1.0.relu2", relu("56×56×64")),
        (
            "resnext50_32x4d",
            "layer1.0.conv2",
            "Input 56×56×128, in 32 groups: each of the 128 kernels of 3×3×4 reads 4 of the 128 "
            "channels, stride 1, padding 1: output 56×56×128.",
        ),
    ],
)
def test_other_forms(name, path, sentence):
    assert say(name, path) == sentence


def test_option_a_without_stride_and_one_kernel():
    spec = NetworkSpec("bottleneck", (1,), (8,), stem="cifar", shortcut="padding")
    bp = blueprint(spec, 9)
    pad = next(op for op in bp.ops if op.kind == "pad")
    assert op_sentence(bp, pad) == (
        "On the shortcut: 9×9×8 becomes 9×9×32: 24 channels of zeros are added. "
        "Nothing is learned (option A)."
    )
    fewer = unit(UnitSpec(9, 8, 4, shortcut="padding")).block
    pad = next(op for op in fewer.ops if op.kind == "pad")
    assert block_sentence(fewer, pad) == (
        "On the shortcut: 9×9×8 stays as it is, for zeros can only add channels. "
        "Nothing is learned (option A)."
    )
    one = blueprint(NetworkSpec("basic", (1,), (1,), stem="cifar"), 9)
    assert "1 kernel of 3×3×3" in op_sentence(one, one.ops[0])


def test_a_network_in_one_sentence():
    assert overview.summary(drawn("resnet50")) == (
        "**50 layers** with weights turn an image of 224×224×3 into 1,000 scores: a 7×7 stem, "
        "then 16 bottleneck blocks in 4 stages (3, 4, 6, 3), each with a shortcut: 12 solid, "
        "4 dashed."
    )
    assert overview.summary(drawn("plain20")) == (
        "**20 layers** with weights turn an image of 32×32×3 into 10 scores: a 3×3 stem, then "
        "9 basic blocks in 3 stages (3, 3, 3), none of them with a shortcut."
    )
    tiny = replace(preset("resnet18"), depths=(1,), widths=(64,))
    assert "1 basic block in 1 stage (1), " in overview.summary(blueprint(tiny, 64))
