"""Experiments on one prediction: each function is one section of the Inference page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards
from explorer.experiments.samples import samples
from explorer.lessons import section
from explorer.ui import inference_cache as cache
from explorer.ui import upload
from explorer.ui.chart import show
from explorer.ui.drawing import drawing
from explorer.ui.inference_cache import Scene

if TYPE_CHECKING:
    from torch import Tensor

_CELLS = 1_024


def receptive_field(scene: Scene) -> None:
    """One position of a feature map: what it can see, and what it does see."""
    from explorer.experiments.saliency import seen_region

    bp = scene.blueprint
    paths = [part.path for part in bp.parts[:-1]]
    wanted = st.selectbox("Block", ["last block", *paths], key="infer_field", bind="query-params")
    block = paths[-1] if wanted not in paths else wanted
    op = bp.block(block).ops[-1]
    _, height, width = op.out_shape
    st.write(section("inference", "receptive field", field=op.receptive_field))
    row, column = _position(height, width)
    left, right = st.columns(2)
    with left:
        clicked = _position_map(scene, block, row, column)
        if clicked and clicked != (row, column):
            st.session_state["infer_row"] = _per_cent(clicked[0], height)
            st.session_state["infer_column"] = _per_cent(clicked[1], width)
            st.rerun()
        st.slider("Down, %", 0, 100, 50, key="infer_row", bind="query-params")
        st.slider("Across, %", 0, 100, 50, key="infer_column", bind="query-params")
    with right:
        box = seen_region(op, row, column, bp.image_size)
        with st.spinner("Computing the gradient ..."):
            slope = cache.gradient(scene.key, block, row, column, scene)
        _seen(scene, slope, box)
    st.write(_seen_words(block, row, column, box, op.receptive_field, slope))


def _position(height: int, width: int) -> tuple[int, int]:
    down = st.session_state.get("infer_row", 50)
    across = st.session_state.get("infer_column", 50)
    return round(down / 100 * (height - 1)), round(across / 100 * (width - 1))


def _per_cent(index: int, size: int) -> int:
    return round(100 * index / max(1, size - 1))


def _position_map(scene: Scene, block: str, row: int, column: int) -> tuple[int, int] | None:
    from explorer.views.inference_pictures import position_map

    scaled = cache.features(scene.key, scene).scaled_mean(block).numpy()
    choosable = scaled.size <= _CELLS
    clicked = drawing(
        position_map(scaled, row, column, choosable),
        key="infer_positions",
        label=f"Mean output of {block}; choose a position",
        choosable=choosable,
        selected=f"{row},{column}",
    )
    if not choosable:
        st.caption("Too many positions to click; the sliders reach them.")
    if not clicked:
        return None
    first, second = clicked.split(",")
    return int(first), int(second)


def _seen(scene: Scene, slope: Tensor, box: tuple[int, int, int, int]) -> None:
    from explorer.views.inference_pictures import heat_over, region_over

    peak = float(slope.max())
    image = scene.prepared.cropped
    if peak > 0:
        image = heat_over(image, (slope / peak).sqrt().numpy())
    drawing(
        region_over(image, box),
        key="infer_region",
        label="The picture with the region that the position can see and its gradient",
    )


def _seen_words(
    block: str, row: int, column: int, box: tuple[int, int, int, int], field: int, slope: Tensor
) -> str:
    left, top, right, bottom = box
    words = (
        f"Row {row}, column {column} of **{block}** can see {field:,} x {field:,} pixels, of which "
        f"{right - left} x {bottom - top} lie in the picture."
    )
    total = float(slope.sum())
    if total <= 0:
        return f"{words} Every channel is silent here (ReLU wrote zeros), so no pixel moves it now."
    from explorer.experiments.saliency import half_of_gradient

    side = half_of_gradient(slope)
    return (
        f"{words} Half of its gradient comes from a square of {side} x {side} pixels. "
        "The heat is drawn by its square root, or little but the centre would show."
    )


def lesions(scene: Scene) -> None:
    """Delete each block in turn; the same on a plain network."""
    prediction = cache.prediction(scene.key, scene)
    if not prediction.finite:
        st.warning("The network overflowed for this picture: there is nothing to compare with.")
        return
    best = prediction.best
    st.write(
        section("inference", "lesions", answer=best.name, probability=best.probability),
    )
    _lesion_chart(scene, best.index, "infer_lesions")
    twin = _plain_twin(scene)
    if twin is not None:
        name, plain = twin
        st.divider()
        title = PRESETS[name].title
        st.write(section("inference", "lesions plain", network=title))
        answer = cache.prediction(plain.key, plain).best
        st.write(
            f"{title} answers **{answer.name}**, {answer.probability:.1%}; "
            "the bars show what is left of that."
        )
        _lesion_chart(plain, answer.index, "infer_lesions_plain")
    with st.expander("What is published, and what a small experiment found", expanded=True):
        st.write(section("inference", "lesions published"))


def _lesion_chart(scene: Scene, target: int, key: str) -> None:
    from explorer.experiments.lesion import candidates
    from explorer.experiments.lesion import lesions as delete
    from explorer.views.inference_charts import lesion_bars

    bp = scene.blueprint
    wanted = candidates(bp)
    if len(wanted) < len(bp.blocks):
        st.caption(f"{len(wanted)} of {len(bp.blocks):,} blocks, evenly spread.")
    done = cache.lesions_done(scene.key)
    todo = [path for path in wanted if path not in done]
    if todo:
        with st.empty():
            bar = st.progress(0.0, "Deleting one block at a time ...")
            found = delete(scene.network, scene.prepared.tensor, scene.classes, bp, todo)
            for count, lesion in enumerate(found, start=1):
                done[lesion.block] = lesion
                bar.progress(count / len(todo), f"{count} of {len(todo)} deletions")
            st.empty()
    rows = [done[path] for path in wanted]
    after = [row.after.guess(target).probability if row.after else None for row in rows]
    whole = cache.prediction(scene.key, scene).guess(target).probability
    figure = lesion_bars(
        [row.title for row in rows],
        [row.block for row in rows],
        after,
        [row.after.best.name if row.after else "cannot be deleted" for row in rows],
        whole,
    )
    show(figure, key, alt=f"Probability after deleting each of {len(rows)} blocks")
    kept = [row for row in rows if row.after and row.after.best.index == target]
    possible = [row for row in rows if row.after]
    st.write(
        f"The answer stays the same after **{len(kept)} of {len(possible)}** deletions"
        + (
            f"; {len(rows) - len(possible)} blocks change the shape and cannot be deleted."
            if len(possible) < len(rows)
            else "."
        )
    )


def _plain_twin(scene: Scene) -> tuple[str, Scene] | None:
    """The same picture before the plain network of the same depth, if that is on board."""
    from dataclasses import replace

    spec = scene.network.spec
    name = next(
        (n for n in cards() if PRESETS[n].spec == replace(spec, shortcut="none")),
        None,
    )
    if name is None or spec.shortcut == "none" or not scene.trained:
        return None
    return name, cache.on_board(name, scene, scene.blueprint.image_size)


def modes(scene: Scene) -> None:
    """train() against eval() on this picture."""
    import pandas as pd

    st.write(section("inference", "modes"))
    if not scene.network.spec.batch_norm:
        st.info("This network has no batch norm: train() and eval() do the same.")
        return
    try:
        with st.spinner("Running a copy of the network in both modes ..."):
            found = cache.modes(scene.key, scene)
    except ValueError as error:
        st.warning(str(error), icon=":material/error:")
        return
    best = found.evaluated.best
    rows = {
        "eval(): running statistics": found.evaluated,
        "train(): this picture alone": found.trained,
        "train(): with three variants of it": found.in_company,
        f"eval() after {found.passes} passes in train()": found.afterwards,
    }
    table = pd.DataFrame(
        [
            {
                "mode": words,
                "answer": one.best.name if one.finite else "overflow",
                "its probability, %": 100 * one.best.probability,
                f"{best.name}, %": 100 * one.guess(best.index).probability,
            }
            for words, one in rows.items()
        ]
    )
    numbers: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.1f") for name in table.columns[2:]
    }
    st.dataframe(table, hide_index=True, width="stretch", column_config=numbers)
    st.write(
        f"{found.moved} of {found.buffers} batch norm layers moved their running mean during the "
        f"{found.passes} passes, without any training step. All this ran on a copy."
    )


def many(scene: Scene) -> None:
    """All samples and this visit's uploads through the same network."""
    import pandas as pd
    from PIL import ImageOps

    from explorer.experiments.images import PictureError
    from explorer.views.inference_pictures import data_url

    st.write(section("inference", "many"))
    files = [(name, sample.data) for name, sample in samples().items()] + upload.uploaded()
    rows = []
    progress = st.progress(0.0, "Running the pictures ...")
    for count, (name, data) in enumerate(files, start=1):
        try:
            chosen = upload.decoded(name, data)
        except PictureError as error:
            st.caption(str(error))
            continue
        one = scene.on(chosen.key, chosen.picture)
        answer = cache.prediction(one.key, one)
        first, *rest = answer.top(2)
        rows.append(
            {
                "picture": data_url(ImageOps.fit(chosen.picture.image, (96, 96)), "JPEG"),
                "name": name,
                "answer": first.name if answer.finite else "overflow",
                "probability, %": 100 * first.probability,
                "second": rest[0].name if rest else "",
                "margin, points": 100 * answer.margin,
                "forward, ms": 1000 * answer.seconds,
            }
        )
        progress.progress(count / len(files), f"{count} of {len(files)} pictures")
    progress.empty()
    number = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height="content",
        row_height=56,
        column_config={
            "picture": st.column_config.ImageColumn("picture", width="small"),
            "probability, %": number,
            "margin, points": number,
            "forward, ms": number,
        },
    )
    st.caption(section("inference", "softmax", classes=len(scene.classes)))


def card(scene: Scene) -> None:
    """How the networks on board were trained, and where the samples come from."""
    import pandas as pd

    from explorer.views.inference_charts import training_curves

    for name, one in cards().items():
        st.subheader(PRESETS[name].title, anchor=False)
        left, right = st.columns([2, 3])
        with left:
            figures = one.figures
            recipe = dict(figures["recipe"])
            precision = ", convolutions in bfloat16" if recipe.pop("bfloat16", False) else ""
            st.metric("Test accuracy, JPEG test images", f"{one.test_accuracy:.2%}")
            st.write(
                section(
                    "inference",
                    "card",
                    preset=name,
                    kept_epoch=figures["kept_epoch"],
                    precision=precision,
                    **recipe,
                )
            )
            st.caption(f"{figures['parameters']:,} parameters; torch {figures['torch']}.")
        with right:
            show(training_curves(one.curves), f"infer_curves_{name}", alt="Accuracy per epoch")
    if cards():
        st.write(section("inference", "card limits"))
    st.subheader("Sample pictures", anchor=False)
    table = pd.DataFrame(
        [
            {
                "picture": sample.name,
                "shows": sample.shows,
                "CIFAR-10 class": sample.cifar10 or "none",
                "author": sample.author,
                "licence": sample.licence,
                "source": sample.source,
            }
            for sample in samples().values()
        ]
    )
    st.dataframe(table, hide_index=True, width="stretch", height="content")
