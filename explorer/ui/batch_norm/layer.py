"""Section 2: a real batch norm layer of the chosen network, channel by channel."""

from __future__ import annotations

from typing import Final

import streamlit as st

from explorer.architecture import Op, blueprint
from explorer.architecture.norms import NORM_KINDS
from explorer.experiments.batch_norm.plan import images_that_fit, layers, takes_pictures
from explorer.experiments.work import TooMuch
from explorer.ui import chart, controls, gate
from explorer.ui.batch_norm import cached, pictures
from explorer.ui.batch_norm.controls import trained_preset, weights_of
from explorer.ui.cache import usable_device
from explorer.ui.drawing import drawing
from explorer.ui.picker import Choice
from explorer.views.batch_norm import charts, cubes, layer_tables
from explorer.views.numbers import plain
from explorer.words import count, glossary, label, section

_HEIGHT: Final = 480
_LAST_CHANNEL: Final = 99_999
"""The largest number that the control takes: a layer with fewer channels shows its last one."""


def draw(choice: Choice) -> None:
    """Which layer and channel, then the axes; the measured part fills its place last."""
    bp = blueprint(choice.spec, choice.side)
    found = layers(bp)
    if not found:
        st.info(section("batch_norm", "no batch norm", network=choice.title))
        return
    op, channel, gamma, beta = _controls(found)
    measured = st.container()
    st.header(label("bn.axes"))
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
    which, number, scale, shift = st.columns([4, 3, 3.7, 3.7])
    path = which.selectbox(
        label("bn_layer.label"), list(found), None, key="bn_layer",
        placeholder=next(iter(found)), **controls.BOUND,
    )  # fmt: skip
    op = found.get(path or "") or next(iter(found.values()))
    last = op.out_shape[0] - 1
    with number:
        wanted = controls.number(
            "bn_channel", 0, _LAST_CHANNEL, 0, label("bn_channel.label", last=last)
        )
    gamma, beta = (
        column.number_input(
            label(f"bn_layer_{name}.label"), -100.0, 100.0, None, 0.1, key=f"bn_layer_{name}",
            placeholder=label("bn_layer.own"), help=glossary(name), **controls.BOUND,
        )
        for name, column in (("gamma", scale), ("beta", shift))
    )  # fmt: skip
    channel = min(wanted, last)
    if wanted > last:
        st.warning(
            section("batch_norm", "no such channel", layer=op.path, channels=last + 1, last=last)
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

    network = (choice.spec, choice.side, usable_device(choice.device).id, trained)
    try:
        with (
            st.skeleton(_HEIGHT),
            st.spinner(label("bn_running.layer", images=count(images, "image"), layer=op.path)),
        ):
            layer = cached.layer_at_work(*network, op.path, fed.keys, fed.images)
    except TooMuch as problem:
        gate.refused(problem)
        return
    except ValueError:
        st.warning(section("batch_norm", "too few", layer=op.path))
        return
    if not layer.finite:
        st.warning(section("batch_norm", "overflow", layer=op.path))
        return
    result = channel_steps(layer, channel, *own)
    picture, numbers = st.columns([6, 5], gap="medium")
    with picture:
        chart.show(
            chart.drawn(charts.histograms, result.histograms, _HEIGHT),
            "bn_histograms",
            alt=label("bn_alt.histograms", channel=channel),
        )
    with numbers:
        channels, height, width = op.in_shape
        st.markdown(
            section(
                "batch_norm",
                "layer",
                layer=op.path,
                batch=count(images, "image"),
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
    # Below both, where all of its columns have room.
    rows = layer_tables.channels(layer.statistics)
    # A channel that is nearly silent has 9e-13 and not a row of zeros.
    four_digits = st.column_config.NumberColumn(format="%.4g")
    st.dataframe(rows, height=230, column_config=dict.fromkeys(rows.columns, four_digits))


def _fed(choice: Choice, trained: str | None, own: bool) -> str:
    samples = "samples" if takes_pictures(choice.spec) else "noise"
    images = "yours" if own else samples
    weights = weights_of(trained)
    return section("batch_norm", f"fed: {images}, {weights}")


def _axes(op: Op, images: int) -> None:
    for column, kind in zip(st.columns(len(NORM_KINDS)), NORM_KINDS, strict=True):
        with column:
            st.markdown(f"**{label(f'norm_title.{kind}')}**")
            said = section("drawings", "cube", norm=label(f"norm.{kind}"))
            drawing(cubes.cube(kind), key=f"bn_cube_{kind}", label=said)
    channels, height, width = op.in_shape
    st.table(layer_tables.axes((images, channels, height, width)), hide_index=True)
    st.markdown(section("batch_norm", "axes"))
