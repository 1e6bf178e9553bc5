"""Makes a quiz: the same seed and settings give everyone the same questions."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from explorer.architecture import Blueprint, blueprint
from explorer.lessons.quiz import (
    changes,
    concepts,
    macs,
    norm,
    parameters,
    reach,
    shapes,
    shortcuts,
)
from explorer.lessons.quiz.networks import random_network
from explorer.lessons.quiz.question import Draft, Network, Question, Theme, finish

Kind = Callable[[Random, Network, Blueprint], Draft | None]

KINDS: Final[dict[Theme, tuple[Kind, ...]]] = {
    "shapes": (
        shapes.output_of_window,
        shapes.shape_after_op,
        shapes.shape_of_weight,
        shapes.block_from_shapes,
    ),
    "parameters": (
        parameters.params_of_conv,
        parameters.params_of_block,
        parameters.params_of_pair,
        parameters.params_of_classifier,
        parameters.params_of_network,
    ),
    "macs": (macs.macs_of_conv, macs.macs_of_block, macs.macs_of_network),
    "shortcuts": (
        shortcuts.solid_or_dashed,
        shortcuts.how_many_dashed,
        shortcuts.what_is_on_it,
        shortcuts.params_on_it,
    ),
    "receptive_field": (reach.receptive_field, reach.output_stride),
    "depth": (reach.depth_in_the_name, reach.how_many_convolutions, reach.missing_depth),
    "batch_norm": (
        norm.params_of_norm,
        norm.params_of_all_norms,
        norm.how_many_norms,
        norm.values_in_a_mean,
    ),
    "changes": (changes.more_or_less, changes.by_how_much),
    "concepts": (
        concepts.mean_in_a_mode,
        concepts.axes_of_a_norm,
        concepts.what_is_learned,
        concepts.order_of_layers,
        concepts.why_dashed,
        concepts.silent_branch,
        concepts.what_degrades,
        concepts.what_still_moves,
    ),
}
THEMES: Final = tuple(KINDS)
TRIES: Final = 60
_SEEDED: Final = {"macs": "MACs", "receptive_field": "receptive field", "batch_norm": "batch norm"}
"""What themes were called when the first seeds were shared; they go on to give the same quiz."""


def make_quiz(
    seed: int | str,
    length: int,
    themes: Sequence[Theme] = THEMES,
    networks: Sequence[Network] = (),
) -> tuple[Question, ...]:
    """The questions of one quiz, decided by the arguments alone.

    Args:
        seed: which quiz; any number or word.
        length: how many questions are wanted. Fewer come back where a network allows fewer
            different ones (a plain network has no shortcuts to ask about).
        themes: what to ask about, in turns; none means all.
        networks: what to ask about; none means named networks and variations of them at random.
    """
    chosen = [theme for theme in THEMES if theme in themes] or list(THEMES)
    others = [theme for theme in chosen if theme != "concepts"]
    rng = Random(f"{seed} {' '.join(_SEEDED.get(theme, theme) for theme in others)}")
    # Questions in words came later. They have numbers of their own and end each round, so that
    # a seed which was shared before goes on to ask what it asked.
    aside = Random(f"{seed} concepts")
    order: list[Theme] = []
    questions: list[Question] = []
    asked: set[tuple[str, str]] = set()
    recent: dict[Theme, list[Kind]] = {theme: [] for theme in chosen}
    for _ in range(length * TRIES):
        if len(questions) == length:
            break
        if not order:
            order = rng.sample(others, len(others))
            if "concepts" in chosen:
                order.insert(0, "concepts")
        theme = order.pop()
        drawn = aside if theme == "concepts" else rng
        # Kinds in turns as well, so that a short quiz on one theme does not repeat itself.
        if not recent[theme]:
            recent[theme] = drawn.sample(KINDS[theme], len(KINDS[theme]))
        question = _ask(recent[theme].pop(), theme, networks, drawn)
        if question and (question.text, question.network.title) not in asked:
            asked.add((question.text, question.network.title))
            questions.append(question)
    return tuple(questions)


def _ask(kind: Kind, theme: Theme, networks: Sequence[Network], rng: Random) -> Question | None:
    network = rng.choice(networks) if networks else random_network(rng)
    try:
        draft = kind(rng, network, blueprint(network.spec, network.image_size))
    except ValueError:
        # A kind compares with variations of the network, and not every variation can be built.
        return None
    return finish(draft, kind.__name__, theme, network, rng) if draft else None
