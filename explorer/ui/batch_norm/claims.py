"""Section 5: what is said about batch norm, each claim tried out on a card of its own.

A card draws what it can at once, and returns what has to wait for torch or for a network.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, Final, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.architecture import Op, blueprint, smallest_image_size
from explorer.experiments.batch_norm import claims
from explorer.experiments.batch_norm.plan import foldable, layers
from explorer.experiments.batch_norm.steps import scale_ratio
from explorer.experiments.work import TooMuch
from explorer.ui import chart, controls, gate
from explorer.ui.batch_norm import cached
from explorer.ui.cache import usable_device
from explorer.ui.picker import Choice
from explorer.views.batch_norm import charts, claim_tables
from explorer.views.numbers import magnitude, plain
from explorer.words import label, section

Later = Callable[[], None]
R = TypeVar("R")

_EPS: Final = 1e-5
_SPREADS: Final = {"1": 1.0, "0.1": 0.1, "0.01": 0.01, "sqrt(eps)": sqrt(_EPS), "0.001": 0.001}
_FACTORS: Final = ("-1", "0.1", "2", "10", "100")
_SMALL_IMAGE: Final = 64
_GAMMA: Final = 4.0
"""With which the card shows that training can leave the sigmoid's linear regime."""


def draw(choice: Choice) -> None:
    """All cards, two in a row; then what had to wait, in the same order."""
    waiting: list[Later] = []
    with st.container(key="bn_claims"):
        rows = [(pair, st.columns(2)) for pair in zip(_CARDS[::2], _CARDS[1::2], strict=True)]
    for pair, columns in rows:
        for column, card in zip(columns, pair, strict=True):
            with column.container(border=True, height="stretch"):
                later = card(choice)
            if later is not None:
                waiting.append(later)
    for later in waiting:
        later()


def _computed(slot: DeltaGenerator, running: str, compute: Callable[[], R]) -> R | None:
    """What a network has to be run for; None where that is refused, and said."""
    try:
        with slot, st.spinner(running):
            return compute()
    except TooMuch as problem:
        with slot:
            gate.refused(problem)
        return None


def _told(title: str, numbers: Callable[[], dict[str, str]]) -> Later:
    """A claim whose numbers torch computes."""
    slot = st.empty()

    def later() -> None:
        slot.markdown(section("batch_norm", f"claim {title}", **numbers()))

    return later


def _say(title: str, **numbers: Any) -> None:
    st.markdown(section("batch_norm", f"claim {title}", **numbers))


def _shape(choice: Choice) -> None:
    place = st.container()
    chosen = controls.choice("bn_values_of", claims.DISTRIBUTIONS)
    found = claims.shape(chosen)
    with place:
        _say(
            "shape",
            before=plain(found.kurtosis_before),
            after=plain(found.kurtosis_after),
            outside=f"{found.outside:.1%}",
        )
    figure = chart.drawn(charts.histograms, (found.before, found.after), 300)
    chart.show(
        figure, "bn_shape", alt=label("bn_alt.shape", values=label(f"bn_values_of.{chosen}"))
    )


def _undo(choice: Choice) -> None:
    _say("undo", rows=claim_tables.undoing(claims.undoing()))


def _scale(choice: Choice) -> Later:
    said = st.empty()
    left, right = st.columns(2)
    chosen = left.select_slider(
        label("bn_factor.label"), _FACTORS, "10", key="bn_factor", **controls.BOUND
    )
    of_inputs = right.select_slider(
        label("bn_spread.label"), list(_SPREADS), "sqrt(eps)", key="bn_spread", **controls.BOUND
    )
    factor, spread = float(chosen), _SPREADS[of_inputs]
    slot = st.empty()

    def later() -> None:
        from explorer.experiments.batch_norm.in_torch import measured_scale_ratio

        numbers = {
            "ratio": plain(scale_ratio(spread, factor, _EPS), 8),
            "measured": plain(measured_scale_ratio(spread, factor, _EPS), 8),
        }
        said.markdown(section("batch_norm", "claim scale", **numbers))
        pairs = _pairs(choice)
        if not pairs:
            slot.info(section("batch_norm", "no pair", network=choice.title))
            return
        convolution = pairs[len(pairs) // 2][0].path
        size = max(_SMALL_IMAGE, smallest_image_size(choice.spec))
        size = min(size, choice.side)
        running = label("bn_running.scaling", convolution=convolution, network=choice.title)
        found = _computed(
            slot,
            running,
            lambda: cached.scaled(choice.spec, size, usable_device(choice.device).id, convolution),
        )
        if found is None:
            return
        slot.markdown(
            section(
                "batch_norm",
                "claim scale network",
                network=choice.title,
                convolution=convolution,
                factor=plain(found.factor),
                typical=magnitude(found.typical),
                train=magnitude(found.in_train),
                evaluated=magnitude(found.in_eval),
            )
        )

    return later


def _sigmoid(choice: Choice) -> None:
    place = st.container()
    left, right = st.columns(2)
    mean = left.slider(
        label("bn_sigmoid_mean.label"), -8.0, 8.0, 4.0, 0.5, key="bn_sigmoid_mean",
        **controls.BOUND,
    )  # fmt: skip
    spread = right.slider(
        label("bn_sigmoid_spread.label"), 0.5, 5.0, 2.0, 0.5, key="bn_sigmoid_spread",
        **controls.BOUND,
    )  # fmt: skip
    found = claims.sigmoid_inputs(mean, spread)
    with place:
        _say(
            "sigmoid",
            before=plain(found.slope_before),
            after=plain(found.slope_after),
            straight=f"{claims.straightness(0, 1):.1%}",
            bent=f"{claims.straightness(0, _GAMMA):.1%}",
        )
    figure = chart.drawn(charts.sigmoid, found)
    chart.show(figure, "bn_sigmoid", alt=label("bn_alt.sigmoid"))


def _bias(choice: Choice) -> Later:
    def numbers() -> dict[str, str]:
        from explorer.experiments.batch_norm.in_torch import useless_bias

        found = useless_bias()
        return {"bias": magnitude(found.bias), "weight": magnitude(found.weight)}

    return _told("bias", numbers)


def _fold(choice: Choice) -> Later:
    pairs, bp = _pairs(choice), blueprint(choice.spec, choice.side)
    _say("fold")
    slot = st.empty()

    def later() -> None:
        if not pairs:
            slot.info(section("batch_norm", "no pair", network=choice.title))
            return
        device = usable_device(choice.device).id
        running = label("bn_running.folding", norm=pairs[0][1].path, network=choice.title)
        found = _computed(
            slot, running, lambda: cached.folded(choice.spec, choice.side, device, pairs[0][0].path)
        )
        if found is None:
            return
        slot.markdown(
            section(
                "batch_norm",
                "claim fold network",
                network=choice.title,
                count=f"{len(pairs):,}",
                total=f"{len(layers(bp)):,}",
                convolution=found.convolution,
                norm=found.norm,
                difference=magnitude(found.difference),
                torch=magnitude(found.difference_torch),
                largest=magnitude(found.largest),
            )
        )

    return later


def _gradient(choice: Choice) -> Later:
    def numbers() -> dict[str, str]:
        from explorer.experiments.batch_norm.in_torch import backward_check

        found = backward_check()
        return {
            "closed": plain(found.difference),
            "naive": magnitude(found.difference_naive),
            "largest": magnitude(found.largest),
            "total": plain(found.total),
            "along": plain(found.along),
        }

    return _told("gradient", numbers)


def _frozen(choice: Choice) -> Later:
    def numbers() -> dict[str, str]:
        from explorer.experiments.batch_norm.in_torch import frozen_parameters

        found = frozen_parameters()
        return {"train": plain(found.in_train), "evaluated": plain(found.in_eval)}

    return _told("frozen", numbers)


def _accumulation(choice: Choice) -> Later:
    def numbers() -> dict[str, str]:
        from explorer.experiments.batch_norm.in_torch import accumulation_difference

        return {"difference": plain(accumulation_difference())}

    return _told("accumulation", numbers)


def _vanishing(choice: Choice) -> None:
    _say("gradients")


def _pairs(choice: Choice) -> list[tuple[Op, Op]]:
    bp = blueprint(choice.spec, choice.side)
    return foldable(bp)


_CARDS: Final[tuple[Callable[[Choice], Later | None], ...]] = (
    _shape,
    _sigmoid,
    _scale,
    _undo,
    _fold,
    _bias,
    _gradient,
    _vanishing,
    _frozen,
    _accumulation,
)
