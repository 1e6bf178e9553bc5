"""Section 6: whether batch norm trains faster, and what it does to moving distributions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from math import isnan
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.experiments.work import TooMuch, Work
from explorer.ui import chart, controls, gate
from explorer.ui.budget import kept
from explorer.ui.picker import Choice
from explorer.views.batch_norm import speed_charts
from explorer.views.numbers import from_to, magnitude
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.batch_norm.speed import Activation, Speed

_ACTIVATIONS: Final = ("sigmoid", "relu")
_RATE: Final = "3"
_MEMORY: Final = 64 * 2**20


def draw(choice: Choice) -> None:
    """The paper's question put to a small network, when asked; then what the paper found."""
    activation: Activation = controls.choice("bn_speed_act", _ACTIVATIONS)
    found = _found(activation)
    if found is None:
        _expect()
    else:
        _show(found)
    st.markdown(section("batch_norm", "speed"))
    st.markdown(section("batch_norm", "speed sources"))


def _found(activation: Activation) -> Speed | None:
    """What the trainings show, once they were asked for; found once for all visitors."""
    if not _trained.has(activation):
        from explorer.experiments.batch_norm.speed import RATES, STEPS

        place = st.empty()
        told = {"kinds": len(speed_charts.KINDS), "rates": len(RATES), "steps": STEPS}
        if not place.button(label("bn_speed.train", **told), key="bn_speed_train", type="primary"):
            return None
        bar = place.progress(0.0, label("bn_speed.begins"))

        def tell(share: float) -> None:
            bar.progress(share, label("bn_speed.goes_on", share=share))

        try:
            _trained(activation, tell)
        except TooMuch as problem:
            place.empty()
            gate.refused(problem)
            return None
        place.empty()
    return _trained(activation)


def _expect() -> None:
    """What will be shown, before anything is trained."""
    from explorer.experiments.batch_norm.speed import EVERY, REACHED, STEPS

    left, right = st.columns([2, 3], gap="medium")
    with left:
        figure = speed_charts.losses(dict.fromkeys(speed_charts.KINDS, ()), EVERY, REACHED, STEPS)
        chart.show(figure, "bn_speed_losses", alt=label("bn_alt.speed_before", steps=STEPS))
    with right:
        empty = dict.fromkeys(speed_charts.KINDS, ((), (), ()))
        figure = speed_charts.distributions(empty, EVERY, STEPS)
        chart.show(figure, "bn_speed_inputs", alt=label("bn_alt.inputs_before"))
    st.markdown(section("batch_norm", "speed before"))


def _show(found: Speed) -> None:
    from explorer.experiments.batch_norm.speed import EVERY, RATES, REACHED, STEPS, UNITS

    reached: dict[str, tuple[int | None, ...]] = {
        kind: one.reached for kind, one in found.kinds.items()
    }
    st.markdown(speed_charts.table(reached, RATES, REACHED))
    st.success("  \n".join(conclusions(found)), icon=":material/insights:")
    left, right = st.columns(2)
    with left:
        names = tuple(f"{rate:g}" for rate in RATES)
        rate = names.index(controls.choice("bn_speed_rate", names, default=_RATE, shown=str))
    with right:
        unit = controls.number("bn_speed_unit", 0, UNITS - 1, 0)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        curves: dict[str, list[float]] = {
            kind: one.losses[:, rate].tolist() for kind, one in found.kinds.items()
        }
        figure = speed_charts.losses(curves, EVERY, REACHED, STEPS)
        ends = label("list.semicolon").join(
            label(
                "why_alt.at_end",
                name=label(f"bn_kind.{kind}"),
                value=label("bn_speed.diverged") if isnan(values[-1]) else magnitude(values[-1]),
            )
            for kind, values in curves.items()
        )
        alt = label("bn_alt.speed", rate=names[rate], ends=ends)
        chart.show(figure, "bn_speed_losses", alt=alt)
    with right:
        bands: dict[str, list[list[float]]] = {
            kind: one.inputs[:, :, rate, unit].T.tolist() for kind, one in found.kinds.items()
        }
        figure = speed_charts.distributions(bands, EVERY, STEPS)
        ends = from_to(
            {
                label(f"bn_kind.{kind}"): [value for value in median if not isnan(value)]
                for kind, (_, median, _) in bands.items()
            }
        )
        alt = label("bn_alt.inputs", unit=unit, ends=ends)
        chart.show(figure, "bn_speed_inputs", alt=alt)
    numbers = {
        f"{name}_{kind}": label("bn_speed.diverged") if isnan(value) else f"{value:.2f}"
        for kind, one in found.kinds.items()
        for name, value in (("moved", one.moved(rate)), ("widened", one.widened(rate)))
    }
    st.markdown(section("batch_norm", "speed inputs", rate=names[rate], **numbers))


def conclusions(found: Speed) -> list[str]:
    """What the trainings show, in sentences with their numbers."""
    from explorer.experiments.batch_norm.speed import RATES, REACHED, STEPS

    fastest = {}
    for kind, one in found.kinds.items():
        if one.best is not None:
            fastest[kind] = (one.reached[one.best] or 0, f"{RATES[one.best]:g}")
    said = []
    if "with" in fastest:
        steps, rate = fastest["with"]
        told: dict[str, float | str] = {"reached": REACHED, "with_bn": steps, "with_rate": rate}
        if "without" in fastest:
            other, its_rate = fastest["without"]
            times = other / steps
            name = "speed faster" if times > 1 else "speed not faster"
            said.append(
                section("batch_norm", name, without=other, rate=its_rate, times=times, **told)
            )
        else:
            said.append(
                section("batch_norm", "speed alone", steps=STEPS, times=STEPS / steps, **told)
            )
    elif "without" in fastest:
        steps, rate = fastest["without"]
        told = {"reached": REACHED, "without": steps, "rate": rate, "steps": STEPS}
        said.append(section("batch_norm", "speed only without", **told))
    else:
        said.append(section("batch_norm", "speed neither", reached=REACHED, steps=STEPS))
    arrived = {
        kind: sum(step is not None for step in one.reached) for kind, one in found.kinds.items()
    }
    said.append(
        section(
            "batch_norm",
            "speed rates",
            rates=len(RATES),
            with_bn=arrived["with"],
            without=arrived["without"],
        )
    )
    if "noisy" in fastest and "with" in fastest:
        noisy, rate = fastest["noisy"]
        said.append(
            section("batch_norm", "speed noisy", noisy=noisy, rate=rate, with_bn=fastest["with"][0])
        )
    return said


def _a_place(*_: object) -> AbstractContextManager[None]:
    from explorer.experiments.batch_norm.speed import MACS

    return gate.place(Work(MACS, _MEMORY))


@kept(place=_a_place)
def _trained(
    activation: Activation, _progress: Callable[[float], object] = lambda share: None
) -> Speed:
    from explorer.experiments.batch_norm.speed import speed

    return speed(activation, _progress)
