"""The networks on board that were trained alike on photographs: curves, numbers, deletions."""

from __future__ import annotations

import streamlit as st

from explorer.architecture import PRESETS, blueprint
from explorer.experiments.embedded import ModelCard, depth_cards
from explorer.ui import chart, controls, saving
from explorer.views import curve_files, path_charts, training_chart
from explorer.views.tables import worded
from explorer.views.training_chart import Run
from explorer.words import label, listed, section

_TEXTS = "depth_photographs"
_ALIKE = 0.02
"""Training losses no further apart than this are not told from each other: there is one run each,
and each is a mean over some hundred noisy steps."""
_WARM_UP = 200
"""Of explorer.experiments.train_embedded, whose import loads torch; a test compares them."""


def title(name: str) -> str:
    """What a network on board is called."""
    return PRESETS[name].title


def plain(name: str) -> bool:
    """Whether it has no shortcuts."""
    return PRESETS[name].spec.shortcut == "none"


def depth(name: str) -> int:
    """Its layers with weights."""
    return PRESETS[name].spec.depth


def draw() -> None:
    """Curves first, what they say, the numbers, then deletions."""
    cards = depth_cards()
    if not cards:
        return
    recipe = next(iter(cards.values())).recipe
    names = listed([title(name) for name in cards])
    st.write(section(_TEXTS, "lead", networks=names, epochs=recipe["epochs"]))
    _curves(cards, recipe["epochs"])
    st.success("  \n".join(verdict(cards)), icon=":material/insights:")
    _numbers(cards)
    _deletions(cards)


def _curves(cards: dict[str, ModelCard], epochs: int) -> None:
    for column, what in zip(st.columns([3, 2]), ("loss", "error"), strict=True):
        runs = {title(name): _run(name, card, what) for name, card in cards.items()}
        ends = listed([f"{name} {run.points[-1][what]:.3g}" for name, run in runs.items()])
        least = min(min(point[what] for point in run.points) for run in runs.values())
        figure = training_chart.training(
            runs, "loss" if what == "loss" else "error", epochs, 0.8 * least, "epoch"
        )
        with column:
            alt = label(f"why_alt.epochs_{what}", ends=ends)
            chart.show(figure, key=f"why_epochs_{what}", alt=alt)


def _run(name: str, card: ModelCard, what: str) -> Run:
    if what == "loss":
        points = [{"step": at, what: loss} for at, loss in card.curve("training_loss")]
    else:
        right = card.curve("held_out_accuracy")
        points = [{"step": at, what: 100 * (1 - share)} for at, share in right]
    return Run(points, plain(name), depth(name))


def verdict(cards: dict[str, ModelCard]) -> list[str]:
    """What the figure shows, from the cards: Markdown, a sentence for each pair."""
    found, gaps = [], {}
    for kind in ("plain", "residual"):
        alike = sorted((name for name in cards if plain(name) == (kind == "plain")), key=depth)
        if len(alike) < 2:
            continue
        shallow, deep = cards[alike[0]], cards[alike[-1]]
        gaps[kind] = gap = deep.training_loss - shallow.training_loss
        numbers = {
            "deep": title(deep.preset),
            "shallow": title(shallow.preset),
            "deep_loss": deep.training_loss,
            "shallow_loss": shallow.training_loss,
            "deep_error": 1 - deep.test_accuracy,
            "shallow_error": 1 - shallow.test_accuracy,
        }
        found.append(section(_TEXTS, _said(kind, gap), **numbers))
    if len(gaps) == 2:
        return [*found, section(_TEXTS, "gaps", **gaps)]
    return [*found, *_same_depth(cards)]


def _said(kind: str, gap: float) -> str:
    """What a difference of training losses, deep less shallow, means for this kind."""
    if kind == "plain":
        return "plain degrades" if gap > _ALIKE else "plain does not degrade"
    if abs(gap) <= _ALIKE:
        return "residual alike"
    return "residual does not gain" if gap > 0 else "residual gains"


def _same_depth(cards: dict[str, ModelCard]) -> list[str]:
    found = []
    for name, residual in cards.items():
        twin = next((one for one in cards if plain(one) and depth(one) == depth(name)), None)
        if plain(name) or twin is None:
            continue
        numbers = {
            "plain": title(twin),
            "plain_loss": cards[twin].training_loss,
            "plain_error": 1 - cards[twin].test_accuracy,
            "residual": title(name),
            "residual_loss": residual.training_loss,
            "residual_error": 1 - residual.test_accuracy,
        }
        found.append(section(_TEXTS, "same depth", **numbers))
    return found


def _numbers(cards: dict[str, ModelCard]) -> None:
    rows = [
        {
            "network": title(name),
            "parameters": f"{card.figures['parameters']:,}",
            "training_loss": f"{card.training_loss:.3f}",
            "training_error": f"{100 * (1 - card.curve('training_accuracy')[-1][1]):.1f}",
            "held_out_error": f"{100 * (1 - card.figures['held_out_accuracy']):.1f}",
            "test_error": f"{100 * (1 - card.test_accuracy):.2f}",
        }
        for name, card in cards.items()
    ]
    st.dataframe(worded(rows, "why_four"), hide_index=True, width="stretch")
    first = next(iter(cards.values()))
    recipe = "paper's recipe" if first.recipe.get("decay_epochs") else "own recipe"
    about = first.recipe | {"torch": first.figures["torch"], "network": first.preset}
    st.caption(section(_TEXTS, recipe, warm_up=_WARM_UP, **about))
    text = curve_files.epochs_csv({name: card.curves for name, card in cards.items()})
    saving.save({"depth_on_photographs.csv": text})


def _deletions(cards: dict[str, ModelCard]) -> None:
    st.header(label("why_photographs.deletions"), anchor=False)
    st.write(section(_TEXTS, "deletions"))
    depths = sorted({depth(name) for name in cards})
    chosen = str(depths[-1])
    if len(depths) > 1:
        ids = tuple(map(str, depths))
        chosen = controls.choice("why_lesion_depth", ids, default=chosen, shown=str)
    shown = {name: card for name, card in cards.items() if depth(name) == int(chosen)}
    for column, (name, card) in zip(st.columns(len(shown)), shown.items(), strict=True):
        blocks = blueprint(PRESETS[name].spec, PRESETS[name].image_size).blocks
        titles = {block.path: block.title for block in blocks}
        worst, _, least = card.extremes
        figure = path_charts.deletions(
            list(titles.values()),
            list(titles),
            [card.after_deleting[path] for path in titles],
            card.test_accuracy,
            most_names=14,
        )
        words = section(
            _TEXTS,
            "kept after deleting",
            network=title(name),
            whole=card.test_accuracy,
            low=worst[1],
            high=least[1],
            worst=titles[worst[0]],
        )
        with column:
            st.write(words)
            chart.show(figure, key=f"why_lesions_{name}", alt=words.replace("**", ""))
