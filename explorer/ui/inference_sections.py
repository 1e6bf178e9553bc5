"""What one sees in one prediction: each function is one section of the Inference page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards
from explorer.lessons import glossary, section
from explorer.ui import inference_cache as cache
from explorer.ui.chart import show
from explorer.ui.drawing import drawing
from explorer.ui.inference_cache import Scene

if TYPE_CHECKING:
    from explorer.experiments.inference import Prediction
    from explorer.ui.picker import Choice
    from explorer.ui.upload import Chosen
    from explorer.ui.weights_input import Loaded

_FRAMES: Final = 64
_CHANNELS: Final = 64


def scene_of(choice: Choice, loaded: Loaded, chosen: Chosen) -> Scene:
    """The chosen picture before the chosen network; ends the page if they do not go together."""
    from explorer.experiments.images import PictureError

    try:
        return cache.scene_of(choice, loaded, chosen)
    except PictureError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def answer(scene: Scene) -> Prediction | None:
    """The answer in words, bars and milliseconds; None if the network overflowed."""
    prediction = cache.prediction(scene.key, scene)
    if not scene.trained:
        _second_opinion(scene)
    if not prediction.finite:
        blocks = len(scene.blueprint.blocks)
        st.warning(section("inference", "overflow", blocks=blocks), icon=":material/error:")
        return None
    first, *others = prediction.top(2)
    guess = "" if scene.trained else "Untrained guess: "
    st.subheader(f"{guess}{first.name}: {first.probability:.1%}", anchor=False)
    if others:
        st.caption(
            f"Margin {100 * prediction.margin:.1f} points before {others[0].name}.",
            help=glossary("margin"),
        )
    bars(prediction, "infer_top")
    times(scene, prediction)
    return prediction


def _second_opinion(scene: Scene) -> None:
    """What a trained network on board says of the picture that an untrained one guesses at."""
    name = next((name for name in ("resnet20", *cards()) if name in cards()), None)
    if name is None or scene.blueprint.spec.in_channels != 3:
        return
    other = cache.on_board(name, scene, PRESETS[name].image_size)
    best = cache.prediction(other.key, other).best
    title = PRESETS[name].title
    st.success(
        f"{title}, trained and on board, says **{best.name}** ({best.probability:.1%}) of this "
        f"picture; {scene.title}, untrained, says:",
        icon=":material/lightbulb:",
    )


def pictures(scene: Scene) -> None:
    """The picture beside what is left of it for the network."""
    drawing(
        _pictures(scene.key, scene),
        key="infer_pictures",
        label="The picture, and what the network gets of it",
        min_width=340,
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _pictures(key: str, _scene: Scene) -> str:
    from explorer.views.inference_pictures import beside, data_url, enlarged

    (width, height), crop = _scene.picture.size, _scene.prepared.cropped
    small = _scene.picture.image.copy()
    small.thumbnail((640, 440))
    return beside(
        [
            (
                data_url(small, "JPEG"),
                f"{_scene.picture.format}, {width:,} x {height:,} pixels",
                small.width / small.height,
            ),
            (data_url(enlarged(crop, 300)), f"the network gets {crop.width} x {crop.height}", 1.0),
        ]
    )


def bars(prediction: Prediction, key: str, count: int = 5) -> None:
    """The likeliest classes as bars."""
    from explorer.views.inference_charts import top_bars

    top = prediction.top(count)
    figure = top_bars([guess.name for guess in top], [guess.probability for guess in top])
    words = ", ".join(f"{guess.name} {guess.probability:.1%}" for guess in top)
    show(figure, key, alt=f"The likeliest classes: {words}")


def times(scene: Scene, prediction: Prediction) -> None:
    """Where the time went, as measured when it was first computed."""
    parts = {
        "decode": scene.picture.seconds,
        "preprocess": scene.prepared.seconds,
        "forward": prediction.seconds,
    }
    total = sum(parts.values())
    words = " + ".join(f"{name} {1000 * seconds:.1f}" for name, seconds in parts.items())
    st.caption(f"{words} = **{1000 * total:.1f} ms**, one picture.")


def preprocessing(scene: Scene) -> None:
    """The picture on its way to the tensor, and the mistake of not normalising."""
    import pandas as pd

    from explorer.experiments.preprocess import normalised_picture
    from explorer.views.inference_pictures import enlarged

    recipe, steps = scene.recipe, scene.prepared
    st.write(section("inference", "preprocessing", resize=recipe.resize, crop=recipe.crop))
    width, height = scene.picture.size
    pictures = {
        f"**1. Original**: {width:,} x {height:,} pixels": scene.picture.image,
        f"**2. Resized**: {steps.resized.width} x {steps.resized.height}": steps.resized,
        f"**3. Cropped**: {recipe.crop} x {recipe.crop}, bytes 0 to 255": steps.cropped,
        f"**4. Normalised**: {float(steps.tensor.min()):.2f} to "
        f"{float(steps.tensor.max()):.2f}, drawn as black to white": normalised_picture(
            steps.tensor
        ),
    }
    for column, (words, image) in zip(st.columns(4), pictures.items(), strict=True):
        column.image(enlarged(image, 300), caption=words, width="stretch")
    names = ("red", "green", "blue") if steps.tensor.shape[1] == 3 else ("grey",)
    raw = scene.with_recipe(recipe.without_normalisation())
    table = pd.DataFrame(
        {
            "channel": names,
            "mean, 0 to 1": raw.prepared.tensor.mean((0, 2, 3)).tolist(),
            "training mean": _per_channel(recipe.mean, len(names)),
            "training std": _per_channel(recipe.std, len(names)),
            "normalised mean": steps.tensor.mean((0, 2, 3)).tolist(),
            "normalised std": steps.tensor.std((0, 2, 3)).tolist(),
        }
    )
    numbers = {name: st.column_config.NumberColumn(format="%.3f") for name in table.columns[1:]}
    st.dataframe(table, hide_index=True, width="stretch", column_config=numbers)
    if st.toggle("Forget to normalise", key="infer_forget", bind="query-params"):
        _forgotten(scene, raw)


def _per_channel(values: tuple[float, ...], channels: int) -> list[float]:
    return list(values) if channels == len(values) else [sum(values) / len(values)]


def _forgotten(scene: Scene, raw: Scene) -> None:
    st.write(section("inference", "forget"))
    good, bad = cache.prediction(scene.key, scene), cache.prediction(raw.key, raw)
    left, right = st.columns(2)
    for column, prediction, words, key in (
        (left, good, "As the weights ask", "infer_normal"),
        (right, bad, "Without normalisation", "infer_forgotten"),
    ):
        with column:
            st.write(f"**{words}**")
            if prediction.finite:
                bars(prediction, key)
            else:
                st.write("The values overflowed: no answer.")
    before, after = good.best, bad.guess(good.best.index)
    st.write(
        f"**{before.name}** goes from {before.probability:.1%} to {after.probability:.1%}; "
        f"the answer is {'still' if bad.best.index == before.index else 'now'} "
        f"**{bad.best.name}**."
    )


def feature_maps(scene: Scene) -> None:
    """A film strip of all blocks, and the channels of one of them."""
    paths = [part.path for part in scene.blueprint.parts[:-1]]
    # In a session's first run the value of a link is not yet in its state.
    shown = st.session_state.get("infer_block", st.query_params.get("infer_block"))
    if shown not in paths:
        shown = st.session_state["infer_block"] = paths[0]
    with st.spinner("Running every block ..."):
        maps = cache.features(scene.key, scene)
    st.write(section("inference", "feature maps"))
    if not maps.finite:
        st.caption("Empty frames: values there are inf or NaN, so the network has overflowed.")
    step = -(-len(paths) // _FRAMES)
    if step > 1:
        st.caption(f"{len(paths):,} blocks: every {step}th is shown; the list below has all.")
    clicked = drawing(
        _strip(scene.key, step, scene),
        key="infer_strip",
        label="Mean output of every block; choose one to see its channels",
        choosable=True,
        selected=shown,
        min_width=700,
    )
    if clicked in paths and clicked != shown:
        st.session_state["infer_block"] = clicked
        st.rerun()
    left, middle, right = st.columns([2, 2, 2])
    with left:
        block = st.selectbox("Block", paths, key="infer_block", bind="query-params")
    channels = maps.maps[block].shape[0]
    with middle:
        scale = st.segmented_control(
            "Colour scale",
            ("per channel", "common"),
            default="per channel",
            required=True,
            key="infer_scale",
            bind="query-params",
        )
    first = 0
    with right:
        if channels > _CHANNELS:
            starts = list(range(0, channels, _CHANNELS))
            first = st.selectbox(
                f"Of {channels:,} channels",
                starts,
                format_func=lambda start: f"{start} to {min(channels, start + _CHANNELS) - 1}",
            )
    _channels(scene, block, first, scale == "common")


@st.cache_data(max_entries=16, show_spinner=False)
def _strip(key: str, step: int, _scene: Scene) -> str:
    from explorer.views.inference_pictures import film_strip

    maps = cache.features(key, _scene)
    frames = []
    for part in _scene.blueprint.parts[:-1:step]:
        _, height, width = maps.maps[part.path].shape
        caption = f"{maps.maps[part.path].shape[0]} x {height} x {width}"
        frames.append((part.path, caption, maps.scaled_mean(part.path).numpy()))
    return film_strip(frames)


def _channels(scene: Scene, block: str, first: int, common: bool) -> None:
    from explorer.views.inference_pictures import scale_bar

    values = cache.features(scene.key, scene).maps[block]
    _, height, width = values.shape
    scale = (
        "One colour scale for the whole block: bright channels are the strong ones."
        if common
        else "Every tile has a colour scale of its own: compare patterns, not strengths."
    )
    words = section(
        "inference", "channels", path=f"**{block}**", height=height, width=width, scale=scale
    )
    st.write(words)
    if not bool(values.isfinite().all()):
        st.warning(
            "Some of this block's values are inf or NaN: the network overflowed before it.",
            icon=":material/error:",
        )
    drawing(
        _grid(scene.key, block, first, common, scene),
        key="infer_channels",
        label=f"Channels of {block}",
        min_width=600,
    )
    ends = (f"{float(values.min()):.3g}", f"{float(values.max()):.3g}")
    low, high = ends if common else ("each smallest", "each largest")
    drawing(scale_bar(low, high), key="infer_scale_bar", label=f"Colours from {low} to {high}")


@st.cache_data(max_entries=32, show_spinner=False)
def _grid(key: str, block: str, first: int, common: bool, _scene: Scene) -> str:
    from explorer.experiments.features import grid
    from explorer.views.inference_pictures import channel_grid

    values = cache.features(key, _scene).maps[block]
    tiles, _ = grid(values, first, _CHANNELS, common)
    names = [
        f"channel {first + index}: {float(channel.min()):.3g} to {float(channel.max()):.3g}"
        for index, channel in enumerate(values[first : first + _CHANNELS])
    ]
    return channel_grid(tiles.numpy(), names)


def grad_cam(scene: Scene) -> None:
    """Where the evidence for a class lies, in the last block of every stage."""
    from explorer.views.inference_pictures import enlarged, heat_over

    st.markdown(section("inference", "grad-cam"), help=glossary("Grad-CAM"))
    prediction = cache.prediction(scene.key, scene)
    if not prediction.finite:
        st.warning("The network overflowed for this picture: there is no class to look for.")
        return
    left, right = st.columns(2)
    labels = {"top answer": prediction.best.index}
    for index, name in enumerate(scene.classes):
        labels[f"{name} ({index})"] = index
    with left:
        wanted = st.selectbox("Class", list(labels), key="infer_class", bind="query-params")
    stages = [stage.blocks[-1].path for stage in scene.blueprint.stages]
    with right:
        extra = st.selectbox(
            "Also this block",
            ["none", *(block.path for block in scene.blueprint.blocks)],
            key="infer_cam_block",
            bind="query-params",
        )
    blocks = [*stages, extra] if extra != "none" and extra not in stages else stages
    target = labels[wanted]
    with st.spinner("Computing the gradients ..."):
        maps = cache.cams(scene.key, target, tuple(blocks), scene)
    guess = prediction.guess(target)
    st.write(f"Evidence for **{guess.name}**, which the network gives {guess.probability:.1%}:")
    photograph = enlarged(scene.prepared.cropped, 256)
    shown = [(photograph, "**The picture as the network gets it**")]
    for path in blocks:
        values = maps[path]
        peak = float(values.max())
        title = scene.blueprint.block(path).title
        size = f"{values.shape[0]} x {values.shape[1]} positions"
        if peak > 0:
            shown.append(
                (heat_over(photograph, (values / peak).numpy()), f"**{title}** ({path}), {size}")
            )
        else:
            shown.append((photograph, f"**{title}** ({path}): nothing here speaks for it"))
    for column, (image, words) in zip(st.columns(len(shown)), shown, strict=True):
        column.image(image, caption=words, width="stretch")
    st.caption(section("inference", "grad-cam reading"))
