"""Section 3: what batch norm does in training, and what it does afterwards."""

from __future__ import annotations

from typing import Final

import streamlit as st

from explorer.architecture import blueprint
from explorer.experiments.batch_norm.claims import running_statistics
from explorer.experiments.batch_norm.plan import layers
from explorer.experiments.work import TooMuch
from explorer.ui import chart, controls, gate
from explorer.ui.batch_norm import cached, remembers
from explorer.ui.batch_norm.controls import trained_preset, weights_of
from explorer.ui.cache import usable_device
from explorer.ui.drawn_once import drawn_once
from explorer.ui.picker import Choice
from explorer.views.batch_norm import charts, claim_tables
from explorer.views.numbers import plain
from explorer.words import glossary, label, section

_MEAN, _SPREAD, _BATCHES = 3.0, 2.0, 60
_SIZES: Final = ("2", "4", "8", "16", "32", "64", "128", "256")
_EXAMPLE: Final = (1.0, 2.0, 4.0)


def draw(choice: Choice) -> None:
    """Running statistics, then small batches, then one image in two batches."""
    with st.container(key="bn_running_beside"):
        told, picture = st.columns([5, 7], gap="medium")
    with told:
        momentum = st.slider(
            label("bn_momentum.label"), 0.01, 1.0, 0.1, 0.01, key="bn_momentum",
            help=glossary("momentum"), **controls.BOUND,
        )  # fmt: skip
        size = st.select_slider(
            label("bn_batch.label"), _SIZES, "8", key="bn_batch", **controls.BOUND
        )
    with picture:
        _running(momentum, int(size))
    st.header(label("bn.remembers"))
    remembered = st.container()
    st.header(label("bn.small_batches"))
    small = st.container(key="bn_small_batches")
    st.header(label("bn.two_batches"))
    with told:
        _updates(momentum, int(size))
    with remembered:
        remembers.draw(choice)
    with small:
        _small_batches(momentum)
    _two_batches(choice)


@drawn_once
def _running(momentum: float, size: int) -> None:
    found = running_statistics(momentum, size, _BATCHES, _MEAN, _SPREAD)
    chart.show(
        chart.drawn(charts.running, found, _MEAN, _SPREAD**2),
        "bn_running",
        alt=label("bn_alt.running"),
    )


@drawn_once
def _updates(momentum: float, size: int) -> None:
    from explorer.experiments.batch_norm.in_torch import running_difference

    found = running_statistics(momentum, size, _BATCHES, _MEAN, _SPREAD)
    numbers = {
        "momentum": plain(momentum),
        "other": plain(1 - momentum),
        "mean": plain(_MEAN),
        "variance": plain(_SPREAD**2),
        "count": _BATCHES,
        "left": plain((1 - momentum) ** _BATCHES),
        "difference": plain(running_difference(found, momentum)),
    }
    st.markdown(section("batch_norm", "running", **numbers))


@drawn_once
def _small_batches(momentum: float) -> None:
    from explorer.experiments.batch_norm import in_torch

    cards = [column.container(border=True, height="stretch") for column in st.columns(3)]
    stored = in_torch.stored_variance(_EXAMPLE, momentum)
    cards[0].markdown(
        section(
            "batch_norm",
            "stored variance",
            momentum=plain(momentum),
            biased=plain(stored.biased),
            unbiased=plain(stored.unbiased),
            kept=plain(stored.kept),
            from_biased=plain(stored.from_biased),
            from_unbiased=plain(stored.from_unbiased),
        )
    )
    rows = claim_tables.two_values(in_torch.PAIRS, in_torch.batches_of_two())
    cards[1].markdown(section("batch_norm", "two values", rows=rows))
    rows = claim_tables.one_image(in_torch.batches_of_one())
    cards[2].markdown(section("batch_norm", "batch of one", rows=rows))


def _two_batches(choice: Choice) -> None:
    bp = blueprint(choice.spec, choice.side)
    if not layers(bp):
        st.info(section("batch_norm", "two batches without batch norm", network=choice.title))
        return
    trained = trained_preset(choice)
    device = usable_device(choice.device).id
    try:
        if not cached.in_two_batches.has(choice.spec, choice.side, device, trained):
            with st.skeleton(330), st.spinner(label("bn_running.passes", network=choice.title)):
                cached.in_two_batches(choice.spec, choice.side, device, trained)
        _answers(choice, device, trained)
    except TooMuch as problem:
        gate.refused(problem)


@drawn_once
def _answers(choice: Choice, device: str, trained: str | None) -> None:
    found = cached.in_two_batches(choice.spec, choice.side, device, trained)
    told, picture = st.columns([5, 7], gap="medium")
    told.markdown(
        section(
            "batch_norm",
            f"two batches, {weights_of(trained)}",
            mates=found.images - 1,
            network=choice.title,
            train=plain(found.train_difference),
            evaluated=plain(found.eval_difference),
        )
    )
    with picture:
        pairs = {label("bn_mode.train"): found.train, label("bn_mode.eval"): found.evaluated}
        lists = {name: (a.tolist(), b.tolist()) for name, (a, b) in pairs.items()}
        figure = chart.drawn(charts.agreement, lists)
        chart.show(figure, "bn_agreement", alt=label("bn_alt.agreement"))
