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
    conv("224x224x3", 64, "7x7x3", 2, "112x112x64", padding=3),
    norm(64, "112x112x64"),
    relu("112x112x64"),
    "Input 112x112x64, the largest value of each 3x3 window, stride 2, padding 1: output 56x56x64.",
    # conv2_1 and conv2_2: 64 channels, 56 pixels
    conv("56x56x64", 64, "3x3x64", 1, "56x56x64"),
    norm(64, "56x56x64"),
    relu("56x56x64"),
    conv("56x56x64", 64, "3x3x64", 1, "56x56x64"),
    norm(64, "56x56x64"),
    add("56x56x64"),
    last_relu("56x56x64"),
    conv("56x56x64", 64, "3x3x64", 1, "56x56x64"),
    norm(64, "56x56x64"),
    relu("56x56x64"),
    conv("56x56x64", 64, "3x3x64", 1, "56x56x64"),
    norm(64, "56x56x64"),
    add("56x56x64"),
    last_relu("56x56x64"),
    # conv3_1 and conv3_2: 128 channels, 28 pixels
    conv("56x56x64", 128, "3x3x64", 2, "28x28x128"),
    norm(128, "28x28x128"),
    relu("28x28x128"),
    conv("28x28x128", 128, "3x3x128", 1, "28x28x128"),
    norm(128, "28x28x128"),
    *project("56x56x64", 128, "1x1x64", "28x28x128"),
    add("28x28x128", "projected input"),
    last_relu("28x28x128"),
    conv("28x28x128", 128, "3x3x128", 1, "28x28x128"),
    norm(128, "28x28x128"),
    relu("28x28x128"),
    conv("28x28x128", 128, "3x3x128", 1, "28x28x128"),
    norm(128, "28x28x128"),
    add("28x28x128"),
    last_relu("28x28x128"),
    # conv4_1 and conv4_2: 256 channels, 14 pixels
    conv("28x28x128", 256, "3x3x128", 2, "14x14x256"),
    norm(256, "14x14x256"),
    relu("14x14x256"),
    conv("14x14x256", 256, "3x3x256", 1, "14x14x256"),
    norm(256, "14x14x256"),
    *project("28x28x128", 256, "1x1x128", "14x14x256"),
    add("14x14x256", "projected input"),
    last_relu("14x14x256"),
    conv("14x14x256", 256, "3x3x256", 1, "14x14x256"),
    norm(256, "14x14x256"),
    relu("14x14x256"),
    conv("14x14x256", 256, "3x3x256", 1, "14x14x256"),
    norm(256, "14x14x256"),
    add("14x14x256"),
    last_relu("14x14x256"),
    # conv5_1 and conv5_2: 512 channels, 7 pixels
    conv("14x14x256", 512, "3x3x256", 2, "7x7x512"),
    norm(512, "7x7x512"),
    relu("7x7x512"),
    conv("7x7x512", 512, "3x3x512", 1, "7x7x512"),
    norm(512, "7x7x512"),
    *project("14x14x256", 512, "1x1x256", "7x7x512"),
    add("7x7x512", "projected input"),
    last_relu("7x7x512"),
    conv("7x7x512", 512, "3x3x512", 1, "7x7x512"),
    norm(512, "7x7x512"),
    relu("7x7x512"),
    conv("7x7x512", 512, "3x3x512", 1, "7x7x512"),
    norm(512, "7x7x512"),
    add("7x7x512"),
    last_relu("7x7x512"),
    "Global average pool: the mean of each channel's 7x7 positions turns 7x7x512 into 1x1x512.",
    "Flatten: 1x1x512 becomes a vector of 512 numbers.",
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
            assert f"{height}x{width}x{channels:,}" in sentence


@pytest.mark.parametrize(
    ("name", "path", "sentence"),
    [
        (
            "resnet20",
            "layer2.0.pad",
            "On the shortcut: 32x32x16 becomes 16x16x32: every second pixel is kept and 16 "
            "channels of zeros are added. Nothing is learned (option A).",
        ),
        ("resnet20", "layer2.0.add", add("16x16x32", "padded input")),
        ("preact_resnet50", "layer1.0.add", add("56x56x256", "projected first activation")),
        ("preact_resnet110", "layer1.0.add", add("32x32x16", "first activation")),
        (
            "preact_resnet50",
            "layer1.0.relu1",
            "ReLU sets negative values to zero. The shape stays 56x56x64; the main branch and the "
            "shortcut both read it.",
        ),
        ("preact_resnet50", "layer1.1.relu1", relu("56x56x256")),
        ("plain18", "layer1.0.relu2", relu("56x56x64")),
        (
            "resnext50_32x4d",
            "layer1.0.conv2",
            "Input 56x56x128, in 32 groups: each of the 128 kernels of 3x3x4 reads 4 of the 128 "
            "channels, stride 1, padding 1: output 56x56x128.",
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
        "On the shortcut: 9x9x8 becomes 9x9x32: 24 channels of zeros are added. "
        "Nothing is learned (option A)."
    )
    fewer = unit(UnitSpec(9, 8, 4, shortcut="padding")).block
    pad = next(op for op in fewer.ops if op.kind == "pad")
    assert block_sentence(fewer, pad) == (
        "On the shortcut: 9x9x8 stays as it is, for zeros can only add channels. "
        "Nothing is learned (option A)."
    )
    one = blueprint(NetworkSpec("basic", (1,), (1,), stem="cifar"), 9)
    assert "1 kernel of 3x3x3" in op_sentence(one, one.ops[0])


def test_a_network_in_one_sentence():
    assert overview.summary(drawn("resnet50")) == (
        "**50 layers** with weights turn an image of 224x224x3 into 1,000 scores: a 7x7 stem, "
        "then 16 bottleneck blocks in 4 stages (3, 4, 6, 3), each with a shortcut: 12 solid, "
        "4 dashed."
    )
    assert overview.summary(drawn("plain20")) == (
        "**20 layers** with weights turn an image of 32x32x3 into 10 scores: a 3x3 stem, then "
        "9 basic blocks in 3 stages (3, 3, 3), none of them with a shortcut."
    )
    tiny = replace(preset("resnet18"), depths=(1,), widths=(64,))
    assert "1 basic block in 1 stage (1), " in overview.summary(blueprint(tiny, 64))
