"""Deleting blocks of a trained network, and of its plain twin."""

from __future__ import annotations

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards
from explorer.ui.cache import blueprint_of
from explorer.ui.chart import show
from explorer.ui.inference import cache
from explorer.ui.inference.cache import Scene
from explorer.words import section


def draw(scene: Scene) -> None:
    """Delete each block in turn; the same on a plain network."""
    prediction = cache.prediction(scene.key, scene)
    if not prediction.finite:
        st.warning("The network overflowed for this picture: there is nothing to compare with.")
        return
    best = prediction.best
    st.write(
        section("inference", "lesions", answer=best.name, probability=best.probability),
    )
    _deletion_chart(scene, best.index, "infer_lesions")
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
        _deletion_chart(plain, answer.index, "infer_lesions_plain")
    if any(scene.weights.startswith(f"embedded {name} ") for name in cards()):
        _on_the_test_set()
    with st.expander("What is published, and what a small experiment found", expanded=True):
        st.write(section("inference", "lesions published"))


def _on_the_test_set() -> None:
    """Accuracy after each deletion, of every network on board, side by side."""
    from explorer.views.why_charts import deletions

    st.divider()
    st.subheader("On the whole test set", anchor=False)
    for name, card in cards().items():
        titles = _titles(name)
        worst, second, least = card.extremes
        plain = " plain" if PRESETS[name].spec.shortcut == "none" else ""
        words = section(
            "inference",
            f"lesions test set{plain}",
            network=PRESETS[name].title,
            low=f"{worst[1]:.0%}",
            high=f"{least[1]:.0%}",
            worst=titles[worst[0]],
            second=titles[second[0]],
        )
        st.write(words)
    for column, (name, card) in zip(st.columns(len(cards())), cards().items(), strict=True):
        titles, after = _titles(name), card.after_deleting
        figure = deletions(
            list(titles.values()), list(titles), list(after.values()), card.test_accuracy
        )
        with column:
            st.write(f"**{PRESETS[name].title}**")
            show(figure, f"infer_deleted_{name}", alt=f"Accuracy after deletions, {name}")


def _titles(preset: str) -> dict[str, str]:
    blocks = blueprint_of(PRESETS[preset].spec, PRESETS[preset].image_size).blocks
    return {block.path: block.title for block in blocks}


def _deletion_chart(scene: Scene, target: int, key: str) -> None:
    from explorer.experiments.deletion import candidates, deletions
    from explorer.views.inference_charts import deletion_bars

    bp = scene.blueprint
    wanted = candidates(bp)
    if len(wanted) < len(bp.blocks):
        st.caption(f"{len(wanted)} of {len(bp.blocks):,} blocks, evenly spread.")
    done = cache.deletions_done(scene.key)
    todo = [path for path in wanted if path not in done]
    if todo:
        with st.empty():
            bar = st.progress(0.0, "Deleting one block at a time ...")
            found = deletions(scene.network, scene.prepared.tensor, scene.classes, bp, todo)
            for count, deletion in enumerate(found, start=1):
                done[deletion.block] = deletion
                bar.progress(count / len(todo), f"{count} of {len(todo)} deletions")
            st.empty()
    rows = [done[path] for path in wanted]
    after = [row.after.guess(target).probability if row.after else None for row in rows]
    whole = cache.prediction(scene.key, scene).guess(target).probability
    figure = deletion_bars(
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
