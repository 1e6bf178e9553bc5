"""What training keeps in memory: by batch, optimiser, precision and checkpointing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, get_args

import streamlit as st

from explorer.architecture import Blueprint
from explorer.architecture.image_size import ImageSize, size_text
from explorer.architecture.saved_tensors import Precision
from explorer.architecture.training_memory import (
    CARDS_GB,
    OPTIMISERS,
    Checkpointing,
    Setting,
    largest_batches,
    memory,
    recomputed_macs,
    saved,
)
from explorer.experiments import work
from explorer.ui import chart, controls, frame, gate
from explorer.ui.budget import kept
from explorer.ui.cache import usable_device
from explorer.ui.picker import Choice
from explorer.ui.saving import save
from explorer.views import memory_views
from explorer.views.tables import headings
from explorer.words import count, label, section

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from explorer.architecture import NetworkSpec
    from explorer.experiments.training_memory import Measured

_MOST_IMAGES: Final = 65_536
_BATCH: Final = 32


@st.fragment
def draw(choice: Choice, bp: Blueprint) -> None:
    """Show the section for this network."""
    frame.lead(section("training_memory", "lead"), "training_memory")
    with st.container(key="memory_controls"):
        first, second, third, fourth = st.columns([2, 4, 3, 3], vertical_alignment="bottom")
    with first:
        batch = controls.number("memory_batch", 1, _MOST_IMAGES, _BATCH, help=_help("batch"))
    with second:
        optimiser = controls.choice(
            "memory_optimiser", tuple(OPTIMISERS), default="momentum", help=_help("optimiser")
        )
    with third:
        precision = controls.choice(
            "memory_precision", get_args(Precision), help=_help("precision")
        )
    with fourth:
        checkpointing = controls.choice(
            "memory_checkpointing", get_args(Checkpointing), help=_help("checkpointing")
        )
    # Where one trains for long: the cards below are CUDA's.
    setting = Setting(batch, optimiser, precision, checkpointing, "cuda")
    _sums(choice, bp, setting)
    _cards(bp, setting)
    _recomputation(bp, setting)
    _ops(choice, bp, setting)
    _proof(choice, bp, setting)


def _help(control: str) -> str:
    return section("training_memory", f"help {control}")


def _sums(choice: Choice, bp: Blueprint, setting: Setting) -> None:
    found = memory(bp, setting)
    st.markdown(
        section(
            "training_memory",
            "sum",
            title=choice.title,
            size=size_text(choice.image_size),
            images=count(setting.batch, "image"),
            total=memory_views.size(found.total),
            activations=memory_views.size(found.activations),
            share=f"{found.activations / found.total:.0%}",
        )
    )
    chart.show(
        memory_views.parts(found), "memory_parts", alt=section("training_memory", "alt of parts")
    )
    if setting.precision == "mixed" and bp.spec.norm == "group":
        alone = memory(bp, replace(setting, precision="float32")).activations
        sizes = {"mixed": found.activations, "float32": alone}
        words = {name: memory_views.size(value) for name, value in sizes.items()}
        st.info(section("training_memory", "mixed group norm", **words))
    with st.expander(label("memory.formula")):
        st.markdown(section("training_memory", "formula", params=f"{bp.params:,}"))
        st.dataframe(
            memory_views.part_rows(found),
            hide_index=True,
            column_config=headings("memory_table", ("part", "bytes", "size")),
        )


def _cards(bp: Blueprint, setting: Setting) -> None:
    batches = largest_batches(bp, setting, (gigabytes * 2**30 for gigabytes in CARDS_GB))
    rows = [
        {"card": gigabytes, "batch": batch}
        for gigabytes, batch in zip(CARDS_GB, batches, strict=True)
    ]
    st.markdown(section("training_memory", "cards"))
    st.dataframe(
        rows,
        key="memory_cards",
        hide_index=True,
        width="content",
        column_config={
            "card": st.column_config.NumberColumn(label("memory_table.card"), format="%d GB"),
            "batch": st.column_config.NumberColumn(label("memory_table.batch"), format="localized"),
        },
    )


def _recomputation(bp: Blueprint, setting: Setting) -> None:
    without, with_it = (
        memory(bp, replace(setting, checkpointing=kind)).total for kind in get_args(Checkpointing)
    )
    again = recomputed_macs(bp)
    st.markdown(
        section(
            "training_memory",
            "recomputation",
            without=memory_views.size(without),
            with_it=memory_views.size(with_it),
            saving=f"{1 - with_it / without:.0%}",
            cost=f"{again / (3 * bp.macs):.0%}",
            gmacs=f"{again / 1e9:.3g}",
        )
    )


def _ops(choice: Choice, bp: Blueprint, setting: Setting) -> None:
    st.markdown(section("training_memory", "ops"))
    rows = memory_views.op_rows(bp, setting.precision, setting.on)
    st.dataframe(
        rows,
        key="memory_ops",
        hide_index=True,
        height=400,
        column_config={
            **headings("memory_table", ("op", "keeps", "shared")),
            "bytes": st.column_config.NumberColumn(
                label("memory_table.bytes_per_image"), format="localized"
            ),
        },
    )
    save({f"{choice.name}_training_memory.csv": memory_views.csv_text(rows)})


def _to_step(
    spec: NetworkSpec, size: ImageSize, batch: int, *_: object
) -> AbstractContextManager[None]:
    from explorer.architecture import blueprint

    return gate.place(work.gradients(blueprint(spec, size), images=batch))


@kept(place=_to_step)
def _measured(
    spec: NetworkSpec, size: ImageSize, batch: int, precision: str, checkpointing: str, device: str
) -> Measured:
    from explorer.experiments.training_memory import measure

    return measure(spec, size, batch, precision, checkpointing, device)  # type: ignore[arg-type]


def _proof(choice: Choice, bp: Blueprint, setting: Setting) -> None:
    """One real step on this machine, whose bytes must be the formula's."""
    st.markdown(section("training_memory", "proof"))
    asked = (choice.spec, choice.image_size, setting.batch, setting.precision)
    done = st.session_state.get("memory_asked")
    name = (*asked, setting.checkpointing)
    if st.button(label("memory.step"), icon=":material/play_arrow:", key="memory_step"):
        done = st.session_state["memory_asked"] = name
    if done != name:
        return
    device = usable_device(choice.device).id
    try:
        with st.spinner(label("memory.running"), show_time=True):
            found = _measured(*asked, setting.checkpointing, device)
    except work.TooMuch as problem:
        gate.refused(problem)
        return
    except ValueError:
        st.warning(section("training_memory", "no train mode"))
        return
    here = replace(setting, on="cuda" if device.startswith("cuda") else "cpu")
    expected = saved(bp, here)
    numbers = {"measured": found.saved, "expected": expected, "tensors": found.tensors}
    agrees = found.saved == expected
    tell = st.success if agrees else st.info
    tell(section("training_memory", "agrees" if agrees else "differs", **numbers))
    if found.peak is not None:
        total = memory(bp, replace(here, optimiser="sgd"))
        st.markdown(
            section(
                "training_memory",
                "peak",
                peak=memory_views.size(found.peak),
                total=memory_views.size(total.total),
            )
        )
