"""Every link of a question, a statement, a stop, a term and the quiz opens what it names."""

import re
from urllib.parse import parse_qs

import pytest
from google.protobuf.text_format import MessageToString

from explorer.lessons.glossary import terms
from explorer.lessons.lesson import stops
from explorer.lessons.myths import myths
from explorer.lessons.questions import cards
from explorer.lessons.quiz import make_quiz
from explorer.ui import controls

LINKS = sorted(
    {item.see for items in (cards(), myths(), stops(), terms()) for item in items if item.see}
)
SHOWS = {
    "accumulation": "Accumulating gradients",
    "added-after-1x1": "batch norm",
    "algorithm-returns-gamma": "output is y",
    "all-weights-zero": "once x is added, zeros are enough",
    "authors-conjecture": "converge exponentially slowly",
    "axes": "128 parameters",
    "backbone": "conv5_x",
    "backward": "the batch's mean and variance are constants",
    "bad-deployed": "running statistics",
    "batch-of-one-learns-nothing": "One image, train mode",
    "batch-size-1-or-2": "An error needs **one value per channel**",
    "before-or-after-activation": "8.17",
    "bn-batch-size-1": "An error needs **one value per channel**",
    "bn-benefits": "14 times fewer steps",
    "bn-cures-vanishing": "Batch norm alone does not cure deep plain networks",
    "bn-drawbacks": "Largest difference between its own logits in the two batches",
    "bn-on-projection": "batch norm",
    "bn-regularises": "Largest difference between its own logits in the two batches",
    "bottleneck": "16.94",
    "cardinality": "ResNeXt-101 64x4d",
    "checkpointing": "torch.utils.checkpoint",
    "cifar-resnet": "269,722",
    "cost-of-shortcut": "5,519,360",
    "count-a-convolution": "118,013,952",
    "count-resnet50": "25,557,032",
    "covariate-shift": "internal covariate shift",
    "dashed-reduces-dimensions": "*increase* the dimension",
    "degradation-or-overfitting": "training loss",
    "degradation-overfitting": "28.54",
    "deleted-block": "deleted block",
    "derive-he-initialisation": "He initialisation",
    "down-sampling": "28×28",
    "draw-the-five": "ResNet-152",
    "effective-field": "what it *does* see",
    "eight-layers-deeper": "152 layers",
    "dropout": "removed *or reduced*",
    "epsilon": "epsilon ε",
    "extra-capacity": "no shortcut.",
    "f-is-zero": "once x is added, zeros are enough",
    "fine-tune-bn": "requires_grad = False freezes a batch norm",
    "flops-and-latency": "Time",
    "fold-bn": "it folds into the convolution",
    "folding-and-quantisation": "it folds into the convolution",
    "four-equations": "biased",
    "freeze-bn": "requires_grad = False freezes a batch norm",
    "gamma-beta": "set to the batch's variance and mean, the output is the input",
    "gamma-beta-swapped": "set to the batch's variance and mean, the output is the input",
    "gamma-at-zero": "(-1.5) + 0 = 0",
    "gflops": "231,211,008",
    "gflops-41": "76.13",
    "global-average-pooling": "avgpool",
    "gradient-accumulation": "Accumulating gradients",
    "gradient-at-the-addition": "12.22",
    "gradient-through-blocks": "I + J",
    "highway": "exclusive gate",
    "identity-all-ones": "is a common mistake. A kernel of ones",
    "initialisation": "He initialisation",
    "kernel-28x28x128": "3×3×128",
    "ln-in-transformers": "layer](",
    "loss-landscape": "One direction of your own",
    "mini-batch-statistics": "the batch's mean and variance are constants",
    "misprint": "1,170,648",
    "nested-function-classes": "by construction",
    "no-bias": "A convolution before batch norm needs no bias",
    "no-relu-on-main-path": "pre-activation",
    "no-worse": "learn y = x",
    "noisy-statistics": "Here batches are drawn",
    "norm-values": "128 parameters",
    "normal-result": "Kurtosis",
    "normalised-means-normal": "Kurtosis",
    "one-by-one": "1×1, 256",
    "one-variance": "1.1333",
    "one-layer-in-f": "9.90",
    "options-a-b-c": "24.19",
    "other-norms": "instance](",
    "paths": "Binomial",
    "plain-or-residual-cost": "Plain-18",
    "plus-one": "I + J",
    "plus-one-guarantees": "I + J",
    "pools": "largest value",
    "pre-ln-and-pre-activation": "pre-activation",
    "project-everywhere": "12.22",
    "projection-is-identity": "dashed",
    "receptive-field": "427",
    "recompute-statistics": "running statistics",
    "relu-loses-information": "linear ones too",
    "requires-grad-freezes": "requires_grad = False freezes a batch norm",
    "residual-equation": "F(x) = H(x) - ",
    "resnet110-error": "6.43",
    "resnet18-params": "11,181,642",
    "resnet50-depth": "50 layers",
    "resnet50-today": "76.13",
    "resnext": "25,028,904",
    "scale-of-weights": "Multiplying the weights before batch norm by k",
    "se-block": "layer1.0.se.scale",
    "se-cost": "28,088,024",
    "seventeen-times-cheaper": "16.94",
    "shattered-gradients": "white noise",
    "shortcuts-free": "5,519,360",
    "skip-the-stride": "read the same quarter of the input",
    "small-batch-backward": "takes two things out of a gradient",
    "small-images": "(512, 4, 4)",
    "stacked-3x3": "Receptive field, pixels",
    "stem": "9,408",
    "stem-without-relu": "ReLU sets negative values to zero",
    "stride-on-1x1": "read the same quarter of the input",
    "ten-classes": "11,181,642",
    "thousand-layers": "1202",
    "three-channels-added": "Project x",
    "train-and-inference": "running average",
    "training-memory": "waits for the backward pass",
    "transfer-learning": "11,181,642",
    "v1-v15-v2-d": "ResNet-D",
    "vanishing-or-degradation": "towards the input",
    "weight-decay-identities": "Multiplying the weights before batch norm by k",
    "what-a-block-learns": "F(x) = H(x) - ",
    "what-resnet-solves": "28.54",
    "when-projection": "Project x",
    "where-relu-stands": "7.84",
    "which-are-dashed": "dashed",
    "which-norm-where": "instance](",
    "which-variance": "1.1333",
    "white-noise": "white noise",
    "why-pre-activation": "pre-activation",
    "wide-resnet": "68,883,240",
    "without-bn": "Without batch norm the residual network's values grow",
    "without-normalisation": "Without batch norm the residual network's values grow",
    "write-basic-block": "class ",
    "write-batch-norm": "biased",
    "write-bn-backward": "takes two things out of a gradient",
    "write-bottleneck": "class ",
    "write-receptive-field": "427",
    "write-resnet18": "11,689,512",
    "zero-one-distribution": "mean 0 and variance 1 are no range",
}
"""What a question or a statement is about, as the page that it links to shows it."""
TERMS = {
    see: {item.id: SHOWS[item.id] for item in (*cards(), *myths()) if item.see == see}
    for see in LINKS
}
STATES = sorted(
    {
        (question.page, key, value)
        for seed in range(40)
        for question in make_quiz(seed, 20)
        for key, value in question.state.items()
        if key not in ("trace_op", "shortcuts_block", "bn_layer", "params_channels")
    }
)
"""Page, key and value of the quiz's links; paths of ops and numbers of channels are not words."""


def held(app, key):
    """What a control of the page holds, whether it is the door's or Streamlit's own."""
    chosen = app.session_state["controls"].chosen
    if key in chosen:
        return chosen[key]
    return app.session_state.get(key, None)


def opens(open_app, page, state):
    app = open_app("" if page == "home" else page, **state)
    assert not app.exception, [box.message for box in app.exception]
    assert not app.warning, [box.value for box in app.warning]
    for key, value in state.items():
        if key == "trace_op":
            continue  # the player's own, which tests/pages/test_shape_trace.py follows
        names = [value] if isinstance(value, str) else value
        found = held(app, key)
        chosen = [str(one) for one in (found if isinstance(found, (tuple, list)) else [found])]
        assert chosen in (names, [controls.aliases(key).get(name, name) for name in names]), key
    return app


def shown(node):
    """All that Streamlit sends of an element and what it holds, as text."""
    own = getattr(node, "proto", None)
    inner = [shown(child) for child in getattr(node, "children", {}).values()]
    said = MessageToString(own, as_utf8=True).replace("\\'", "'") if own else ""
    # What a component is sent as JSON has its signs escaped.
    return " ".join([re.sub(r"\\+u00d7", "×", said), *inner])


@pytest.mark.parametrize("see", LINKS)
def test_a_link_opens_its_state_and_what_it_is_about(open_app, see):
    page, _, query = see.partition("?")
    app = opens(
        open_app,
        page,
        {key: found if len(found) > 1 else found[0] for key, found in parse_qs(query).items()},
    )
    told = shown(app.main)
    assert {card: term for card, term in TERMS[see].items() if term not in told} == {}


def test_no_term_is_of_a_card_without_a_link():
    assert set(SHOWS) == {item.id for item in (*cards(), *myths()) if item.see}


@pytest.mark.parametrize(("page", "key", "value"), STATES)
def test_a_link_of_the_quiz_opens_its_state(open_app, page, key, value):
    opens(open_app, page, {key: value})
