"""Values taken apart, against torch's own sums in float64 and torchvision's network."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn import functional

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.experiments.features import features
from explorer.experiments.origin import cam, feeds, parts, sums, toy
from explorer.experiments.origin.capture import capture, take_apart
from explorer.experiments.origin.places import Place, op_of, read
from explorer.experiments.preprocess import CIFAR, prepare
from explorer.experiments.saliency import grad_cam
from explorer.networks import build
from explorer.words import WordedError
from tests.networks.random_weights import randomise
from tests.strategies import specs_and_sizes

pytestmark = pytest.mark.usefixtures("one_thread")

FAMILIES = {
    "basic": NetworkSpec("basic", (1, 2), (8, 12), stem="imagenet", num_classes=7),
    "bottleneck": NetworkSpec("bottleneck", (1, 1), (8, 8), stem="imagenet", num_classes=7),
    "v1": NetworkSpec("bottleneck", (1, 1), (8, 8), stride_on="1x1", num_classes=7),
    "pre-activation": NetworkSpec(
        "basic", (2, 1), (8, 12), stem="cifar", activation_order="pre", num_classes=7
    ),
    "option A": NetworkSpec("basic", (1, 1), (8, 12), stem="cifar", shortcut="padding"),
    "grouped": NetworkSpec("bottleneck", (1, 1), (64, 64), groups=32, width_per_group=4),
    "plain": NetworkSpec("basic", (1, 1), (8, 12), stem="cifar", shortcut="none"),
    "dilated": NetworkSpec("basic", (1, 1, 1), (8, 8, 8), stem="cifar", output_stride=1),
    "squeeze and excitation": NetworkSpec("bottleneck", (1, 1), (8, 8), se_ratio=4),
    "group norm": NetworkSpec("basic", (1, 1), (64, 64), stem="deep", norm="group"),
    "averaging shortcut": NetworkSpec("basic", (1, 1), (8, 12), stem="3x3_pool", avg_down=True),
    "zeros on both sides": NetworkSpec(
        "basic", (1, 1), (8, 12), stem="cifar", shortcut="padding", zero_padding="both"
    ),
    "biases beside norm": NetworkSpec("basic", (1, 1), (8, 12), conv_bias=True),
    "biases, no norm": NetworkSpec(
        "basic", (1, 1), (8, 12), stem="cifar", norm="none", conv_bias=True
    ),
}
SIZE = 16


def picture(spec, size=SIZE, seed=0):
    return torch.randn(1, spec.in_channels, size, size, generator=torch.manual_seed(seed))


def places_of(op, count=4, seed=0):
    """Corners, where padding is, and places inside."""
    shape = op.out_shape
    corners = [(0,) * len(shape), tuple(size - 1 for size in shape)]
    drawn = np.random.default_rng(seed).integers(0, shape, (count, len(shape)))
    for index in [*corners, *(tuple(int(one) for one in row) for row in drawn)]:
        yield Place(op.path, *index)


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_op_adds_up_to_what_the_network_computes(family, mode):
    """In float64 the network's own kernels are an independent sum of the same products."""
    spec = FAMILIES[family]
    network = build(spec)
    randomise(network)
    network = network.double().train(mode == "train")
    x, bp = picture(spec).double(), blueprint(spec, SIZE)
    kinds = set()
    for op in bp.ops:
        if mode == "train" and op.kind == "batch_norm" and op.out_shape[1:] == (1, 1):
            continue
        found = capture(network, x, bp, op.path)
        for place in places_of(op):
            part = take_apart(network, found, place)
            kinds.add(op.kind)
            scale = max(1.0, abs(part.value))
            assert part.total == pytest.approx(part.value, abs=1e-12 * scale), (op.path, place)
    expected = {op.kind for op in bp.ops}
    assert kinds == expected


def _way_of_summing(op):
    """What decides how an op's value is made up, apart from sizes."""
    pooled = 0 if op.kind == "avg_pool" else op.kernel
    return op.kind, pooled, op.stride, op.dilation > 1, op.groups > 1, op.bias, op.on_shortcut


def test_the_families_have_every_kind_of_op_of_every_named_network():
    tried = {_way_of_summing(op) for one in FAMILIES.values() for op in blueprint(one, SIZE).ops}
    for name, one in PRESETS.items():
        ops = blueprint(one.spec, one.image_size).ops
        assert {_way_of_summing(op) for op in ops} <= tried, name


@pytest.mark.parametrize("family", FAMILIES)
def test_following_the_sources_leads_down_to_the_picture(family):
    spec = FAMILIES[family]
    network, bp = build(spec), blueprint(spec, SIZE)
    randomise(network)
    photograph = Image.effect_noise((SIZE, SIZE), 80).convert("RGB")
    prepared = prepare(photograph, CIFAR.at(SIZE))
    place, steps = Place("fc", 3), 0
    while True:
        found = capture(network, prepared.tensor, bp, place.path)
        part = take_apart(network, found, place, (prepared, CIFAR.at(SIZE)))
        if not part.sources:
            break
        # What was named as the source is a value of the op before, at that place.
        for source in part.sources[:3]:
            before = capture(network, prepared.tensor, bp, source.path)
            at = (source.channel, source.row, source.column)[: before.output.ndim]
            assert np.isfinite(before.output[at])
        place, steps = part.sources[0], steps + 1
        assert steps < 80
    assert place.path == "input" or isinstance(part, parts.Copied)
    assert part.total == pytest.approx(part.value, abs=1e-6)


def test_a_convolution_splits_into_channels_that_add_up():
    spec = FAMILIES["grouped"]
    network, bp = build(spec), blueprint(spec, SIZE)
    op = op_of(bp, "layer2.0.conv2")
    found = capture(network, picture(spec), bp, op.path)
    part = take_apart(network, found, Place(op.path, 70, 0, 1))
    assert isinstance(part, sums.Convolution)
    per_group = op.in_shape[0] // 32
    assert part.kernel.shape == (per_group, 3, 3)
    assert part.first == 70 // (op.out_shape[0] // 32) * per_group
    shown = sum(part.contributions[channel] for channel in part.ranking[:2])
    assert shown + part.rest(2) + (part.bias or 0) == pytest.approx(part.total, abs=1e-14)
    assert part.rest(len(part.ranking)) == 0
    # The top row hangs over the edge: zeros that lead nowhere.
    assert not part.window.inside[0].any() and part.source(0, 0, 1) is None
    assert part.source(0, 1, 1) is not None and (part.patch[:, 0] == 0).all()


def test_the_largest_sum_of_a_named_network_is_exact():
    """4,608 products of ResNet-18's last stage, against one call of torch's in float64."""
    spec = preset("resnet18")
    network, bp = build(spec), blueprint(spec, 64)
    found = capture(network, picture(spec, 64), bp, "layer4.1.conv1")
    part = take_apart(network, found, Place("layer4.1.conv1", 100, 1, 0))
    assert isinstance(part, sums.Convolution) and part.products.size == 4_608
    theirs = functional.conv2d(
        torch.from_numpy(found.inputs[0])[None].double(),
        network.get_parameter("layer4.1.conv1.weight").double(),
        padding=1,
    )
    assert part.total == pytest.approx(float(theirs[0, 100, 1, 0].detach()), rel=1e-13)
    assert abs(part.difference) < 1e-4


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d"])
def test_torchvisions_network_reads_and_writes_the_same(name):
    from explorer.networks.torchvision_import import torchvision

    theirs = getattr(torchvision.models, name)(weights=None).eval()
    spec = preset(name)
    network, bp = build(spec), blueprint(spec, 64)
    network.load_state_dict(theirs.state_dict())
    x = picture(spec, 64)
    seen = {}
    for path in ("conv1", "layer2.0.conv2", "layer3.0.downsample.0", "layer4.1.conv1", "fc"):
        theirs.get_submodule(path).register_forward_hook(
            lambda _, args, out, path=path: seen.update({path: (args[0], out)})
        )
    with torch.inference_mode():
        theirs(x)
    for path, (before, after) in seen.items():
        found = capture(network, x, bp, path)
        np.testing.assert_allclose(found.inputs[0], before[0].numpy(), atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(found.output, after[0].numpy(), atol=1e-4, rtol=1e-4)


def test_nothing_but_the_op_is_kept():
    from explorer.experiments.byte_size import size

    bp = blueprint(preset("resnet50"), 224)
    network = build(preset("resnet50"))
    found = capture(network, picture(preset("resnet50"), 224), bp, "layer3.2.conv2")
    values = sum(op_of(bp, path).activations for path in ("layer3.2.relu1", "layer3.2.conv2"))
    assert 4 * values <= size(found.inputs) + size(found.output) < 4 * values + 2_000


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_value_feeds_is_what_changes_with_it(family):
    """The whole op is run twice, the second time with one of its inputs changed."""
    spec = FAMILIES[family]
    network, bp = build(spec).double(), blueprint(spec, SIZE)
    randomise(network)
    x = picture(spec).double()
    for op in bp.ops:
        # A group's statistics move with each of its values, which the readers leave out.
        if op.kind in ("max_pool", "relu", "add", "scale", "group_norm"):
            continue
        found = capture(network, x, bp, op.path)
        channels, *sides = op.in_shape
        at = [channels - 1, *(side // 2 for side in sides)]
        place = Place(op.inputs[0], *at)
        module = network.get_submodule(op.path)
        before = torch.from_numpy(found.inputs[0])[None]
        after = before.clone()
        after[(0, *at)] += 1.0
        with torch.inference_mode():
            change = (module(after) - module(before))[0].numpy()
        reader = feeds.reached(op, place, feeds.kernels_of(network, op))
        shape = (*change.shape, 1, 1)[:3]
        moved = np.zeros(shape, dtype=bool)
        if reader is not None:
            index = np.ix_(list(reader.channels), reader.rows, reader.columns)
            moved[index] = True
            if reader.weights is not None:
                theirs = change.reshape(shape)[index]
                np.testing.assert_allclose(theirs, reader.weights, atol=1e-9)
            strongest = reader.strongest(3)
            assert len(strongest) == min(3, reader.outputs)
        assert (abs(change.reshape(shape)[~moved]) < 1e-9).all(), op.path


def test_a_factor_of_squeeze_and_excitation_feeds_its_whole_channel():
    spec = FAMILIES["squeeze and excitation"]
    bp = blueprint(spec, SIZE)
    op = next(op for op in bp.ops if op.kind == "scale")
    before, gate = op.inputs
    channels, height, width = op.out_shape
    assert {one.path for one in feeds.readers(bp, gate)} == {op.path}
    everywhere = feeds.reached(op, Place(gate, channels - 1))
    assert everywhere is not None and everywhere.channels == range(channels - 1, channels)
    assert (everywhere.rows, everywhere.columns) == (tuple(range(height)), tuple(range(width)))
    one = feeds.reached(op, Place(before, 2, 1, 0))
    assert one is not None and one.outputs == 1
    assert one.strongest(3) == [(Place(op.path, 2, 1, 0), None)]


def test_cam_is_grad_cam_at_the_last_maps():
    spec = preset("resnet20")
    network, bp = build(spec), blueprint(spec, 32)
    x = picture(spec, 32)
    found = capture(network, x, bp, "avgpool")
    both = cam.cam_of(network, found.inputs[0], 4)
    logits = network(x)[0]
    assert both.logit == pytest.approx(float(logits[4].detach()), abs=1e-5)
    theirs = grad_cam(network, x, 4, ["layer3.2"])["layer3.2"].numpy()
    np.testing.assert_allclose(both.grad_cam, theirs, atol=1e-6)
    assert both.difference < 1e-6
    assert both.cam.min() < 0  # else the comparison would say nothing about the ReLU


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("layer2.0.conv1,17,5,9", ("layer2.0.conv1", 17, 5, 9)),
        ("layer2.0.conv1,17", ("layer2.0.conv1", 17, None, None)),
        ("layer2.0.conv1", ("layer2.0.conv1", None, None, None)),
        ("fc,3", ("fc", 3, 0, 0)),
        ("input,2,31,0", ("input", 2, 31, 0)),
    ],
)
def test_an_address_is_read(text, meant):
    wanted = read(text, blueprint(preset("resnet20"), 32))
    assert (wanted.op.path, *wanted[1:]) == meant
    if None not in meant:
        assert Place(*meant).text == text


@pytest.mark.parametrize(
    "text",
    ["", "layer9.0.conv1", "conv1,16", "conv1,0,32,0", "conv1,0,0,-1", "conv1,x", "fc,1,2",
     "conv1,1,2", "conv1,1e3", "conv1,٣", "conv1,1,1,1,1", "conv1," + "9" * 5000],
)  # fmt: skip
def test_nonsense_is_told_apart(text):
    with pytest.raises(WordedError) as told:
        read(text, blueprint(preset("resnet20"), 32))
    assert len(str(told.value)) < 400


def test_the_window_walks_in_reading_order():
    place = Place("conv1", 1, 0, 31)
    assert place.moved(0, 1, (16, 32, 32)) == Place("conv1", 1, 1, 0)
    assert Place("conv1", 1).moved(0, -1, (16, 32, 32)) == Place("conv1", 1, 31, 31)
    assert place.moved(1, 0, (16, 32, 32)) == Place("conv1", 1, 1, 31)
    assert Place("fc", 1).moved(0, 1, (10,)) == Place("fc", 1)


# --- the toy ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_toy_is_torchs_convolution(stride, padding, dilation):
    values = np.random.default_rng(1).normal(size=(7, 7))
    kernel = np.random.default_rng(2).normal(size=(3, 3))
    one = toy.Toy(values, kernel, stride, padding, dilation)
    theirs = functional.conv2d(
        torch.from_numpy(values)[None, None],
        torch.from_numpy(kernel)[None, None],
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
    assert one.size == tuple(theirs.shape[2:])
    np.testing.assert_allclose(one.output(), theirs[0, 0].numpy(), atol=1e-12)
    assert one.formula.endswith(f"= {theirs.shape[2]}")


def test_the_toys_presets_do_what_they_are_called():
    flat, ramp = np.full((7, 7), 4.0), np.tile(np.arange(7.0), (7, 1))
    made = {name: np.array(rows) for name, rows in toy.KERNELS.items()}
    assert (toy.Toy(ramp, made["identity"], padding=1).output() == ramp).all()
    assert not toy.Toy(ramp, made["zero"]).output().any()
    np.testing.assert_allclose(toy.Toy(flat, made["blur"]).output(), 4.0)
    assert not toy.Toy(flat, made["edge"]).output().any()
    assert (toy.Toy(ramp, made["edge"]).output() == 8).all()
    assert not toy.Toy(ramp, made["edge_down"]).output().any()
    for kernel in made.values():
        np.testing.assert_allclose(toy.read(toy.written(kernel)), kernel, atol=1e-6)
    assert not toy.Toy(flat, made["blur"], dilation=4).fits


@pytest.mark.parametrize(
    "text", ["", "1,2", "a,b,c,d,e,f,g,h,i", "nan" + ",0" * 8, "1e400" + ",0" * 8]
)
def test_a_kernel_that_is_none(text):
    assert toy.read(text) is None


def test_typed_numbers_take_their_places():
    numbers = np.zeros((3, 3))
    found = toy.changed(numbers, {0: {"2": 5}, "2": {"0": -1.5, "1": None, "2": float("inf")}})
    assert found.tolist() == [[0, 0, 5], [0, 0, 0], [-1.5, 0, 0]]
    assert not numbers.any()


@pytest.mark.parametrize("bgr", [False, True])
def test_a_pixel_is_the_picture_s_own_byte(bgr):
    from dataclasses import replace

    spec = FAMILIES["basic"]
    recipe = replace(CIFAR.at(SIZE), bgr=bgr)
    photograph = Image.new("RGB", (SIZE, SIZE), (200, 100, 50))
    prepared = prepare(photograph, recipe)
    found = capture(build(spec), prepared.tensor, blueprint(spec, SIZE), "input")
    for channel, byte in enumerate((50, 100, 200) if bgr else (200, 100, 50)):
        part = take_apart(build(spec), found, Place("input", channel, 3, 4), (prepared, recipe))
        assert isinstance(part, parts.Pixel) and part.byte == byte
        assert part.total == pytest.approx(part.value, abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_walk_from_the_block_reads_and_writes_what_the_whole_walk_does(family):
    from explorer.experiments.features import features

    spec = FAMILIES[family]
    network, bp = randomise(build(spec)).eval(), blueprint(spec, SIZE)
    x = picture(spec)
    maps = features(network, x).maps
    with torch.inference_mode():
        whole = {"input": x} | dict(network.walk(x))
    for op in bp.ops:
        found = capture(network, x, bp, op.path, maps)
        for name, read_there in zip(
            (*op.inputs, op.path), (*found.inputs, found.output), strict=True
        ):
            np.testing.assert_allclose(read_there, whole[name][0], rtol=1e-5, atol=1e-5)


# --- any network --------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(specs_and_sizes(largest=24, stages=2, depth=2, width=8), st.integers(0, 1000))
def test_every_op_of_any_network_adds_up(drawn, seed):
    """Of the networks that the sidebar can compose, with every field."""
    spec, size = drawn
    network, bp = build(spec), blueprint(spec, size)
    randomise(network)
    network = network.double()
    x = picture(spec, size, seed).double()
    for op in bp.ops:
        found = capture(network, x, bp, op.path)
        for place in places_of(op, 1, seed):
            part = take_apart(network, found, place)
            scale = max(1.0, abs(part.value))
            assert part.total == pytest.approx(part.value, abs=1e-12 * scale), (op.path, place)
            for source in part.sources[:3]:
                assert source.path in op.inputs
                assert read(source.text, bp).op.path == source.path


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_that_begins_at_its_block_sees_what_a_whole_walk_sees(family):
    spec = FAMILIES[family]
    network, bp = build(spec), blueprint(spec, SIZE)
    randomise(network)
    x, maps = picture(spec), features(network, picture(spec)).maps
    for op in bp.ops:
        short, whole = capture(network, x, bp, op.path, maps), capture(network, x, bp, op.path)
        assert np.array_equal(short.output, whole.output), op.path
        for ours, theirs in zip(short.inputs, whole.inputs, strict=True):
            assert np.array_equal(ours, theirs), op.path


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_has_an_address(family):
    """What an address says is read as it was written, at the corners of every op."""
    bp = blueprint(FAMILIES[family], SIZE)
    for op in (op_of(bp, "input"), *bp.ops):
        last = tuple(size - 1 for size in op.out_shape)
        for at in ((0,) * len(last), last):
            place = Place(op.path, *at)
            wanted = read(place.text, bp)
            assert Place(wanted.op.path, *wanted[1:]) == place
        beyond = ",".join([op.path, *(str(size) for size in op.out_shape)])
        with pytest.raises(WordedError):
            read(beyond, bp)


def test_a_max_pool_reads_the_value_where_it_says():
    """As the largest of all it comes through wherever it is read, and nowhere else."""
    spec = FAMILIES["basic"]
    network, bp = build(spec), blueprint(spec, SIZE)
    op = op_of(bp, "maxpool")
    for row, column in ((0, 0), (3, 4), (7, 7)):
        before = torch.zeros(1, *op.in_shape)
        before[0, 2, row, column] = 1.0
        theirs = network.maxpool(before)[0].nonzero().tolist()
        reader = feeds.reached(op, Place(op.inputs[0], 2, row, column))
        assert reader is not None
        ours = [[2, i, j] for i in reader.rows for j in reader.columns]
        assert sorted(theirs) == sorted(ours)
        assert all(one.path == op.path for one, _ in reader.strongest(9))


def test_an_addition_and_a_relu_read_one_place():
    bp = blueprint(FAMILIES["basic"], SIZE)
    for path in ("layer1.0.add", "layer1.0.relu1", "layer1.0.bn1"):
        op = op_of(bp, path)
        for source in op.inputs:
            reader = feeds.reached(op, Place(source, 3, 1, 2))
            assert reader is not None
            assert reader.strongest(5) == [(Place(path, 3, 1, 2), None)]


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.sampled_from((1, 2, 3, 5)),
    st.integers(1, 6),
    st.integers(0, 3),
    st.integers(1, 4),
)
def test_the_toy_of_any_size_is_torchs_convolution(shape, size, stride, padding, dilation):
    """Odd and even maps, strides beyond the kernel, windows that do not fit."""
    draw = np.random.default_rng(3)
    values, kernel = draw.normal(size=shape), draw.normal(size=(size, size))
    one = toy.Toy(values, kernel, stride, padding, dilation)
    image, weight = (torch.from_numpy(part)[None, None] for part in (values, kernel))
    window = {"stride": stride, "padding": padding, "dilation": dilation}
    if not one.fits:
        with pytest.raises(RuntimeError):
            functional.conv2d(image, weight, **window)
        return
    theirs = functional.conv2d(image, weight, **window)[0, 0]
    assert one.size == tuple(theirs.shape)
    np.testing.assert_allclose(one.output(), theirs.numpy(), atol=1e-12)
    assert one.formula.endswith(f"= {theirs.shape[0]}")


@pytest.mark.parametrize(
    ("text", "size", "at"),
    [("", (7, 7), (2, 2)), ("0,1", (7, 7), (0, 1)), ("6,6", (1, 4), (0, 3)),
     ("-1,2", (7, 7), (2, 2)),
     ("1e9,0", (7, 7), (2, 2)), ("9" * 50 + ",0", (7, 7), (2, 2)), ("٣,1", (7, 7), (2, 2)),
     ("1,2,3", (7, 7), (2, 2)), ("<b>", (2, 2), (1, 1))],
)  # fmt: skip
def test_an_output_of_the_toy_in_an_address(text, size, at):
    assert toy.output_of(text, size) == at
