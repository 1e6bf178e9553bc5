"""Deleting blocks of a trained network, and of its plain twin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import PRESETS, blueprint
from explorer.experiments import work
from explorer.experiments.embedded import trained
from explorer.ui import gate
from explorer.ui.chart import show
from explorer.ui.inference import cache
from explorer.ui.inference.answer import overflow
from explorer.ui.inference.scene import Scene
from explorer.words import count, label, section

if TYPE_CHECKING:
    from explorer.experiments.deletion import Deletion

_GUESSES = 0.2
"""Of ten classes, a share of right answers that is about what guessing gives: 0.1."""

_ABREAST = 10
"""Blocks whose bars have room for their names where two charts stand beside each other."""


def draw(scene: Scene) -> None:
    """Delete each block in turn; the same on a plain network."""
    prediction = cache.prediction(scene)
    if not prediction.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    twin = _plain_twin(scene)
    _told(scene)
    if twin is None:
        _deletion_chart(scene, "infer_lesions")
    elif len(scene.blueprint.blocks) <= _ABREAST:
        for column, one in zip(st.columns(2), (scene, twin), strict=True):
            with column:
                st.write(f"**{one.title}**")
                key = "infer_lesions_plain" if one is twin else "infer_lesions"
                _deletion_chart(one, key, narrow=True)
        _told_of_twin(twin)
    else:
        _deletion_chart(scene, "infer_lesions")
        st.divider()
        _told_of_twin(twin)
        _deletion_chart(twin, "infer_lesions_plain")
    if scene.on_board:
        _on_the_test_set(scene.on_board)
    with st.expander(label("infer_lesions.published"), expanded=True):
        st.write(section("inference", "lesions published"))


def _told(scene: Scene) -> None:
    best = cache.prediction(scene).best
    st.write(section("inference", "lesions", answer=best.name, probability=best.probability))


def _told_of_twin(twin: Scene) -> None:
    best = cache.prediction(twin).best
    share = f"{best.probability:.1%}"
    st.write(section("inference", "lesions plain", network=twin.title))
    st.write(
        section(
            "inference", "lesions plain answer", network=twin.title, answer=best.name, share=share
        )
    )


def _on_the_test_set(preset: str) -> None:
    """Accuracy after each deletion, of all networks on board of this depth, side by side."""
    from explorer.views.path_charts import deletions

    st.divider()
    st.header(label("infer_lesions.test_set"), anchor=False)
    depth = PRESETS[preset].spec.depth
    alike = [name for name in trained() if PRESETS[name].spec.depth == depth]
    alike.sort(key=lambda name: PRESETS[name].spec.shortcut == "none")
    cards = {name: trained()[name] for name in alike}
    for name, card in cards.items():
        titles = _titles(name)
        worst, second, least = card.extremes
        plain = PRESETS[name].spec.shortcut == "none" and least[1] < _GUESSES
        words = section(
            "inference",
            "lesions test set plain" if plain else "lesions test set",
            network=PRESETS[name].title,
            low=f"{worst[1]:.0%}",
            high=f"{least[1]:.0%}",
            worst=titles[worst[0]],
            second=titles[second[0]],
        )
        st.write(words)
    for column, (name, card) in zip(st.columns(len(cards)), cards.items(), strict=True):
        titles, after = _titles(name), card.after_deleting
        worst, _, least = card.extremes
        figure = deletions(
            list(titles.values()),
            list(titles),
            list(after.values()),
            card.test_accuracy,
            most_names=14,
        )
        title = PRESETS[name].title
        with column:
            st.write(f"**{title}**")
            show(
                figure,
                f"infer_deleted_{name}",
                alt=label(
                    "infer_lesions.test_set_chart",
                    network=title,
                    whole=f"{card.test_accuracy:.2%}",
                    low=f"{worst[1]:.1%}",
                    worst=titles[worst[0]],
                    high=f"{least[1]:.1%}",
                    least=titles[least[0]],
                ),
            )


def _titles(preset: str) -> dict[str, str]:
    blocks = blueprint(PRESETS[preset].spec, PRESETS[preset].image_size).blocks
    return {block.path: block.title for block in blocks}


def _deletion_chart(scene: Scene, key: str, *, narrow: bool = False) -> None:
    from explorer.experiments.deletion import candidates
    from explorer.views.inference_charts import deletion_bars

    bp = scene.blueprint
    best = cache.prediction(scene).best
    wanted = candidates(bp)
    if len(wanted) < len(bp.blocks):
        words = section("inference", "some deleted", chosen=len(wanted), blocks=len(bp.blocks))
        st.caption(words)
    rows = _deleted(scene, wanted)
    after = [row.left(best.index) for row in rows]
    whole = best.probability
    figure = deletion_bars(
        [row.title for row in rows],
        [row.block for row in rows],
        after,
        [_answer(row) for row in rows],
        whole,
        best.name,
        narrow=narrow,
    )
    alone = [(left, row.title) for left, row in zip(after, rows, strict=True) if left is not None]
    low, worst = min(alone, default=(whole, ""))
    alt = label(
        "infer_lesions.chart" if alone else "infer_lesions.chart_none",
        answer=best.name,
        blocks=count(len(rows), "block"),
        whole=f"{whole:.1%}",
        low=f"{low:.1%}",
        worst=worst,
    )
    show(figure, key, alt=alt)
    possible = [row for row in rows if row.after]
    kept = sum(row.keeps(best.index) for row in rows)
    impossible = len(rows) - len(possible)
    st.write(
        section(
            "inference",
            "answer stays, some impossible" if impossible else "answer stays",
            kept=kept,
            possible=len(possible),
            impossible=count(impossible, "block"),
        )
    )


def _deleted(scene: Scene, wanted: list[str]) -> list[Deletion]:
    """One deletion after the other; what was computed before a click is kept."""
    todo = sum(not cache.deletion.has(scene, path) for path in wanted)
    if not todo:
        return [cache.deletion(scene, path) for path in wanted]
    gate.check(work.forward(scene.blueprint, passes=todo))
    rows = []
    with st.empty():
        bar = st.progress(0.0, section("inference", "deleting"))
        for done, path in enumerate(wanted, start=1):
            rows.append(cache.deletion(scene, path))
            words = section("inference", "deleted", done=done, todo=len(wanted))
            bar.progress(done / len(wanted), words)
        st.empty()
    return rows


def _answer(row: Deletion) -> str:
    if row.after is None:
        return label("infer_lesions.impossible")
    return row.after.best.name if row.after.finite else label("infer_answer.overflow")


def _plain_twin(scene: Scene) -> Scene | None:
    """The same picture before the plain network of the same depth, if that is on board."""
    spec = scene.blueprint.spec
    if spec.shortcut == "none" or not scene.trained:
        return None
    plain = replace(spec, shortcut="none")
    name = next((name for name in trained() if PRESETS[name].spec == plain), None)
    return scene.on(name, scene.blueprint.in_shape[1]) if name else None
