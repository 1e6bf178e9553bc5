"""Section 2: a real batch norm layer of the chosen network, channel by channel."""

from __future__ import annotations

from typing import Final

import streamlit as st

from explorer.architecture import Op
from explorer.architecture.norms import NORM_KINDS
from explorer.experiments.batch_norm.plan import images_that_fit, layers, takes_pictures
from explorer.ui import cache, chart
from explorer.ui.batch_norm import cached, pictures
from explorer.ui.batch_norm.controls import trained_preset
from explorer.ui.device import usable_device
from explorer.ui.drawing import drawing
from explorer.ui.kept import KEPT
from explorer.ui.picker import Choice
from explorer.views.batch_norm import charts, cubes, layer_tables
from explorer.views.numbers import plain
from explorer.words import glossary, label, section

_HEIGHT: Final = 480


def draw(choice: Choice) -> None:
    """Which layer and channel, then the axes; the measured part fills its place last."""
    bp = cache.blueprint_of(choice.spec, choice.image_size)
    found = layers(bp)
    if not found:
        st.info(section("batch_norm", "No batch norm", network=choice.title))
        return
    op, channel, gamma, beta = _controls(found)
    measured = st.container()
    st.subheader("Over which values the mean runs")
    axes = st.container()
    with measured:
        with st.container(horizontal=True, gap="medium"):
            trained = trained_preset(choice)
            own = takes_pictures(choice.spec) and pictures.source() == "yours"
        fed = pictures.own(images_that_fit(bp)) if own else pictures.Pictures()
    images = len(fed.keys) or images_that_fit(bp)
    with axes:
        _axes(op, images)
    with measured:
        _measured(choice, op, channel, (gamma, beta), trained, fed, images)


def _controls(found: dict[str, Op]) -> tuple[Op, int, float | None, float | None]:
    which, number, scale, shift = st.columns([5, 3, 3, 3])
    path = which.selectbox(
        "Layer", list(found), None, key="bn_layer", placeholder=next(iter(found)), **KEPT
    )
    op = found.get(path or "") or next(iter(found.values()))
    last = op.out_shape[0] - 1
    wanted = number.number_input(
        f"Channel, 0 to {last:,}", min_value=0, value=0, step=1, key="bn_channel", **KEPT
    )
    own = "the layer's own"
    gamma = scale.number_input(
        "gamma γ", -100.0, 100.0, None, 0.1, key="bn_layer_gamma", placeholder=own,
        help=glossary("gamma"), **KEPT,
    )  # fmt: skip
    beta = shift.number_input(
        "beta β", -100.0, 100.0, None, 0.1, key="bn_layer_beta", placeholder=own,
        help=glossary("beta"), **KEPT,
    )  # fmt: skip
    channel = min(wanted or 0, last)
    if wanted is not None and wanted > last:
        st.warning(
            f"{op.path} has {last + 1:,} channels, numbered from 0: channel {last:,} is shown."
        )
    return op, channel, gamma, beta


def _measured(
    choice: Choice,
    op: Op,
    channel: int,
    own: tuple[float | None, float | None],
    trained: str | None,
    fed: pictures.Pictures,
    images: int,
) -> None:
    from explorer.experiments.batch_norm.layer import channel_steps

    network = (choice.spec, choice.image_size, usable_device(choice.device).id, trained)
    try:
        with st.skeleton(_HEIGHT), st.spinner(f"Running {images} images up to {op.path} …"):
            layer = cached.layer_at_work(*network, op.path, fed.keys, fed.images)
    except ValueError:
        st.warning(section("batch_norm", "Too few", layer=op.path))
        return
    if not layer.finite:
        st.warning(section("batch_norm", "Overflow", layer=op.path))
        return
    result = channel_steps(layer, channel, *own)
    picture, numbers = st.columns([6, 5], gap="medium")
    with picture:
        chart.show(
            charts.histograms(result.histograms, _HEIGHT),
            "bn_histograms",
            alt=f"Values of channel {channel} after each step",
        )
    with numbers:
        channels, height, width = op.in_shape
        st.markdown(
            section(
                "batch_norm",
                "Layer",
                layer=op.path,
                batch="1 image" if images == 1 else f"{images} images",
                images=images,
                height=height,
                width=width,
                values=f"{images * height * width:,}",
                channel=channel,
                gamma=plain(result.gamma),
                beta=plain(result.beta),
                difference=plain(result.difference),
                every=plain(layer.difference),
                channels=f"{channels:,}",
                params=f"{2 * channels:,}",
                fed=_fed(choice, trained, bool(fed.keys)),
            )
        )
        st.dataframe(layer_tables.channels(layer.statistics), height=230)


def _fed(choice: Choice, trained: str | None, own: bool) -> str:
    samples = "the app's sample pictures" if takes_pictures(choice.spec) else "seeded noise"
    images = "your pictures" if own else samples
    weights = "trained on CIFAR-10" if trained else "not trained yet"
    return f"The images are {images}; the network is {weights}"


def _axes(op: Op, images: int) -> None:
    for column, kind in zip(st.columns(len(NORM_KINDS)), NORM_KINDS, strict=True):
        with column:
            st.markdown(f"**{label(f'norm_title.{kind}')}**")
            said = section("drawings", "cube", norm=label(f"norm.{kind}"))
            drawing(cubes.cube(kind), key=f"bn_cube_{kind}", label=said)
    channels, height, width = op.in_shape
    st.table(layer_tables.axes((images, channels, height, width)), border="horizontal")
    st.markdown(section("batch_norm", "Axes"))
