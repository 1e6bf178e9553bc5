"""One picture through both networks: answers, Grad-CAM and feature maps, each in one scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import PRESETS, NetworkSpec
from explorer.architecture.image_size import TIMES
from explorer.experiments.embedded import trained
from explorer.experiments.inference_setup import EMBEDDED, FILE
from explorer.experiments.work import TooMuch
from explorer.ui import controls, gate, navigation, own_weights
from explorer.ui.cache import usable_device
from explorer.ui.drawing import drawing
from explorer.ui.inference import answer, cache, own_setup, own_verdict, upload
from explorer.ui.inference.picture import picture
from explorer.ui.inference.scene import Loaded, Scene, embedded, setups_of
from explorer.ui.own_weights import Mine
from explorer.ui.picker import Choice
from explorer.words import WordedError, label, listed, quoted, section

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

RUN: Final = "compare_picture"
STAGE: Final = "compare_stage"
_ON_BOARD: Final = (("plain20", "resnet20"), ("plain56", "resnet56"))
_SIDE: Final = 256


def draw(left: Choice, right: Choice, take: Callable[[str, str], None]) -> None:
    """Both answers and what both looked at, where both have weights here.

    `take` is the callback of a button that compares two named networks.
    """
    st.header(label("compare_picture.title"), anchor="same-picture")
    if not st.toggle(
        label(f"{RUN}.label"), key=RUN, help=section("compare", "same picture"), **controls.BOUND
    ):
        return
    device = usable_device(left.device)
    mine = own_weights.mine()
    if mine is not None and own_weights.for_spec(left.spec) is None:
        _offer_own(mine, device.id)
    try:
        own = _own(mine, (left, right), device.id)
        loaded = [
            own.get(left.spec) or weights_of(left, device.id),
            # On the right a trained network of its own is worth more than the file once more.
            weights_of(right, device.id) or own.get(right.spec),
        ]
    except TooMuch as problem:
        gate.refused(problem)
        return
    without = [one.title for one, found in zip((left, right), loaded, strict=True) if found is None]
    if without:
        _nothing_to_run(without, take)
        return
    chosen = upload.choose(upload.origin())
    found = [
        answer.scene_of(one, one_loaded, chosen)
        for one, one_loaded in zip((left, right), loaded, strict=True)
        if one_loaded is not None
    ]
    try:
        _through((found[0], found[1]))
    except TooMuch as problem:
        gate.refused(problem)
    upload.credits(chosen)


def weights_of(choice: Choice, device: str) -> Loaded | None:
    """Trained weights of a network that the app carries or that were downloaded before.

    Raises:
        TooMuch: this server may not build the network.
    """
    available = setups_of(None if choice.customised else choice.name, choice.spec)
    if EMBEDDED in available:
        return embedded(choice.name, device)
    for setup in available.values():
        published = setup.published
        if published is not None and published.path.is_file():
            load = partial(cache.published_network, setup.spec, device, published.url, published)
            try:
                load()
            except WordedError as error:
                if isinstance(error, TooMuch):
                    raise
                st.error(str(error), icon=":material/error:")
                continue
            return Loaded(f"{published.url} {device}", setup, device, load, True)
    return None


def _own(mine: Mine | None, both: tuple[Choice, Choice], device: str) -> dict[NetworkSpec, Loaded]:
    """The visitor's file as each network that it fits, with one set of class names and numbers."""
    fitting = [one.spec for one in both if mine is not None and own_weights.for_spec(one.spec)]
    if mine is None or not fitting:
        return {}
    if mine.found.head == "none":
        st.info(section("compare", "no classifier", file=quoted(mine.name)), icon=":material/info:")
        return {}
    found = {}
    drawn = own_setup.setup_of(mine, fitting[0], setups_of(None, fitting[0])[FILE], device)
    for spec in fitting:
        setup = replace(drawn, spec=spec)
        network = partial(own_weights.network, mine, spec, device)
        network()
        key = f"{mine.key} {spec} {device} {hash(setup.classes)}"
        found[spec] = Loaded(key, setup, device, network, True, own=True, head=mine.found.head)
    return found


def _offer_own(mine: Mine, device: str) -> None:
    """A file was given, and the network on the left is another: compare the file's in one click."""
    if not mine.found.placed:
        return
    spec = own_verdict.likeliest(mine, device)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(section("compare", "own file", file=quoted(mine.name)))
        st.button(
            label("compare_own.label"),
            key="compare_own",
            on_click=own_verdict.take,
            args=(spec, own_verdict.side(mine, spec, device)),
        )


def _whose(loaded: Loaded) -> str:
    """Where a network's weights come from, in a few words."""
    mine = own_weights.mine()
    if loaded.own and mine is not None:
        return label("compare_weights.own", file=quoted(mine.name))
    return label(f"compare_weights.{'on_board' if loaded.on_board else 'published'}")


def _nothing_to_run(titles: list[str], take: Callable[[str, str], None]) -> None:
    """Say which has no weights here, where they come from, and offer pairs that have."""
    st.info(section("compare", "no weights", networks=listed(titles)), icon=":material/info:")
    st.page_link(
        navigation.page_of("inference"),
        label=label("compare_own.give"),
        icon=":material/upload:",
        query_params=controls.carried("inference") | {"infer_weights": FILE},
    )
    with st.container(horizontal=True):
        for left, right in _ON_BOARD:
            if left in trained() and right in trained():
                st.button(
                    label("compare.pair", left=PRESETS[left].title, right=PRESETS[right].title),
                    key=f"compare_on_board_{left}_{right}",
                    on_click=take,
                    args=(left, right),
                )


def _through(both: tuple[Scene, Scene]) -> None:
    from explorer.views.rasters import enlarged

    answers = [cache.prediction(scene) for scene in both]
    for side, (column, scene, found) in enumerate(
        zip(st.columns(2, gap="medium"), both, answers, strict=True)
    ):
        with column:
            st.markdown(f"**{scene.title}**")
            st.caption(_whose(scene.loaded))
            if not found.finite:
                st.warning(answer.overflow(scene), icon=":material/error:")
                continue
            best = found.best
            share = f"{best.probability:.1%}"
            st.markdown(label("infer_answer.answer", name=best.name, share=share))
            answer.bars(found, f"compare_top_{side}", 3)
    if not all(found.finite for found in answers):
        return
    same_classes = both[0].classes == both[1].classes
    if not same_classes:
        st.caption(section("compare", "other classes"))
    elif answers[0].best.index == answers[1].best.index:
        st.caption(section("compare", "answers agree", answer=answers[0].best.name))
    else:
        names = {"left": answers[0].best.name, "right": answers[1].best.name}
        st.caption(section("compare", "answers differ", **names))
    shared = min(len(scene.blueprint.stages) for scene in both)
    stages = tuple(stage.path for stage in both[0].blueprint.stages[:shared])
    titles = {stage.path: stage.title for stage in both[0].blueprint.stages}
    wanted = controls.choice(
        STAGE, stages, default=stages[-1], shown=titles.__getitem__, label=label(f"{STAGE}.label")
    )
    at = stages.index(wanted)
    blocks = [scene.blueprint.stages[at].blocks[-1].path for scene in both]
    targets = [answers[0].best.index] * 2 if same_classes else [a.best.index for a in answers]
    with st.spinner(section("inference", "computing the gradients")):
        cams = [
            cache.cams(scene, target, (block,))[block]
            for scene, target, block in zip(both, targets, blocks, strict=True)
        ]
        means = [
            cache.features(scene).mean(block) for scene, block in zip(both, blocks, strict=True)
        ]
    photographs = [enlarged(scene.prepared.cropped, _SIDE) for scene in both]
    evidence = [a.guess(target).name for a, target in zip(answers, targets, strict=True)]
    _cams(both, blocks, cams, photographs, evidence)
    _means(both, blocks, means)


def _cams(
    both: tuple[Scene, Scene],
    blocks: list[str],
    maps: list[Tensor],
    photographs: list[Image.Image],
    evidence: list[str],
) -> None:
    """Grad-CAM of both over the picture; 1 is the larger of the two peaks."""
    from explorer.views.rasters import heat_over

    st.markdown(section("compare", "cams", answer=listed(list(dict.fromkeys(evidence)))))
    peak = max(float(found.nan_to_num().max()) for found in maps)
    for side, column in enumerate(st.columns(2, gap="medium")):
        own = maps[side].nan_to_num()
        with column:
            image = heat_over(photographs[side], (own / peak).numpy()) if peak > 0 else None
            words = label(
                "compare_picture.cam",
                network=both[side].title,
                block=blocks[side],
                peak=f"{float(own.max()):.3g}",
            )
            picture(both[side], image or photographs[side], words, f"compare_cam_{side}")


def _means(both: tuple[Scene, Scene], blocks: list[str], means: list[Tensor]) -> None:
    """Means over channels of what both blocks write, from the smallest to the largest of both."""
    from explorer.views.inference_pictures import scale_bar
    from explorer.views.rasters import coloured, enlarged

    st.markdown(section("compare", "means"))
    low = min(float(mean.nan_to_num().min()) for mean in means)
    high = max(float(mean.nan_to_num().max()) for mean in means)
    span = high - low if high > low else 1.0
    for side, column in enumerate(st.columns(2, gap="medium")):
        with column:
            height, width = means[side].shape
            image = coloured(((means[side] - low) / span).numpy()).convert("RGB")
            words = label(
                "compare_picture.mean",
                network=both[side].title,
                block=blocks[side],
                size=f"{height}{TIMES}{width}",
            )
            picture(both[side], enlarged(image, _SIDE), words, f"compare_mean_{side}")
    ends = (f"{low:.3g}", f"{high:.3g}")
    bar = label("infer_scale.colours", low=ends[0], high=ends[1])
    drawing(scale_bar(*ends), key="compare_scale_bar", label=bar, for_all=False)
