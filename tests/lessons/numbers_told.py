"""Where the numbers of texts come from: nothing that is typed may stand alone.

A number in a text is filled in by computation, or claimed by the proof that stands beside it, or
stands in the tables of published figures, or below: computed anew, or published with the place
where. Numbers here are those with a decimal point or groups of three digits.
"""

import re
from collections.abc import Iterable, Iterator
from math import log

from explorer.architecture import protocols, published, studies
from explorer.architecture.named import blueprint_named
from explorer.architecture.paths import Paths
from explorer.architecture.published_costs import PUBLISHED_COSTS
from explorer.experiments.train_embedded import recipe
from explorer.experiments.training_data import TEST_PHOTOGRAPHS
from explorer.lessons.questions import themes
from explorer.words import sections
from explorer.words.text import source

_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?!\d)|(?<![\w.,])\d+\.\d+(?![\w.]*\d)")
_NONE = re.compile(
    r"\{[^{}]*\}|\]\([^)]*\)|`[^`]*`|arXiv [\d.]+|v1\.5"
    r"|(?:[Ss]ections?|[Tt]ables?|[Ff]igures?|[Ee]quations?) [\d.]+(?:(?:,| and| to) [\d.]+)*"
)
"""Placeholders, addresses, code, places in a paper."""
ENTRIES = (*(f"questions/{theme}" for theme in themes()), "myths", "myths_tutorials")
PAGES = (
    "batch_norm", "block_lab", "compare", "depth_photographs", "glossary", "gradient", "handout",
    "home", "inference", "lesson", "origin", "parameters", "published", "recognition",
    "sentences", "shortcuts", "training_memory", "why_residual",
)  # fmt: skip


def numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(_NONE.sub(" ", text)))


def entries() -> Iterator[tuple[str, str]]:
    """File/id of each question and statement, and what it says is so, placeholders unfilled."""
    for file in ENTRIES:
        _, *parts = re.split(r"^## +(.+)$", source(file), flags=re.MULTILINE)
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            fields, _, text = body.strip().partition("\n\n")
            values = dict(line.split(": ", 1) for line in fields.splitlines())
            said = [values.get(key, "") for key in ("ask", "short", "fact", "origin")]
            yield f"{file}/{name.strip()}", " ".join([*said, text])


def paragraphs() -> Iterator[tuple[str, str]]:
    """File/heading of each paragraph of the pages, and its text, placeholders unfilled."""
    for file in PAGES:
        yield from ((f"{file}/{title}", text) for title, text in sections(file).items())


def unaccounted(place: str, text: str, claims: Iterable[str] = ()) -> set[str]:
    """Numbers of a text that nothing here accounts for."""
    claimed = {number for claim in claims for number in re.findall(r"\d[\d.,]*\d", claim)}
    told = COMPUTED.get(place, set()) | set(PUBLISHED.get(place, {}))
    return numbers(text) - claimed - _in_tables() - told


def _in_tables() -> set[str]:
    errors = {error for study in studies.STUDIES for row in study.rows.values() for error in row}
    for figure in published.FIGURES:
        errors |= {figure.top1, figure.top5}
    exact = [error for error in errors if error is not None]
    tenths = {f"{error:.1f}" for error in exact if round(error, 1) == error}
    return tenths | {f"{error:{form}}" for error in exact for form in (".2f", "g")}


def _gmacs(name: str, digits: int) -> str:
    return f"{blueprint_named(name).macs / 1e9:.{digits}f}"


def _printed(name: str) -> str:
    """What the paper prints as the cost of a network, in units of 10^9."""
    (cost,) = (
        cost.value / 1e9
        for cost in PUBLISHED_COSTS
        if (cost.preset, cost.quantity, cost.source) == (name, "macs", protocols.PAPER)
    )
    return f"{cost:g}"


_50 = blueprint_named("resnet50")
_ON_SHORTCUTS = sum(op.params for op in _50.ops if op.on_shortcut)
_PAIR, _BOTTLENECK = 2 * 9 * 256**2, 2 * 256 * 64 + 9 * 64**2
_SLIP = f"{_PAIR:,}".replace("9", "0", 1)
_V1_MACS = blueprint_named("resnet50_v1").macs
_A34 = blueprint_named("resnet34_a")
_1001 = blueprint_named("preact_resnet1001")
_NORMS_1001 = sum(op.params for op in _1001.ops if op.kind == "batch_norm")

COMPUTED = {
    "questions/formulation/what-a-block-learns": {f"{9 * 64**2:,}"},
    "questions/formulation/f-is-zero": {f"{9 * 64**2:,}"},
    "questions/formulation/deleted-block": {f"{100 * Paths(54).left_after(10):.3f}"},
    "questions/shortcuts/project-everywhere": {f"{_BOTTLENECK:,}"},
    "questions/shortcuts/cost-of-shortcut": {f"{_ON_SHORTCUTS:,}"},
    "questions/architecture/bottleneck": {_SLIP},
    "questions/architecture/global-average-pooling": {f"{_50.blocks[-1].out_shape[0]:,}"},
    "questions/architecture/gflops": {
        f"{_50.macs - _V1_MACS:,}", _printed("resnet50_v1"), _gmacs("resnet50_v1", 3),
        _gmacs("resnet50", 1),
    },
    "questions/variants/se-cost": {f"{_50.blocks[-1].out_shape[0]:,}"},
    "questions/bn_mechanics/no-bias": {
        f"{sum(op.out_shape[0] for op in _50.ops if op.kind == 'conv'):,}"
    },
    "questions/variants/competitions": {f"{27.2 - 21.2:.1f}"},
    "myths/coco-28-percent": {f"{27.2 - 21.2:.1f}"},
    "myths/shortcuts-free": {f"{100 * _ON_SHORTCUTS / _50.params:.1f}"},
    "myths/zero-one-distribution": {f"{1e-5 / (1e-5 + 1e-5):.1f}"},
    "myths_tutorials/projection-is-identity": {f"{64**2 - 64:,}"},
    "why_residual/cifar10": {f"{TEST_PHOTOGRAPHS:,}", f"{log(10):.2f}"},
    "why_residual/reference cifar10": {f"{log(10):.2f}"},
    "depth_photographs/paper's recipe": {f"{recipe.HELD_OUT:,}"},
    "depth_photographs/own recipe": {f"{recipe.HELD_OUT:,}"},
    "inference/card": {f"{recipe.HELD_OUT:,}"},
    "inference/card, bfloat16": {f"{recipe.HELD_OUT:,}"},
    "inference/card, paper's recipe": {f"{recipe.HELD_OUT:,}"},
    "inference/card, bfloat16, paper's recipe": {f"{recipe.HELD_OUT:,}"},
    "parameters/two comparisons": {f"{_BOTTLENECK:,}", f"{2 * 9 * 64**2:,}"},
    "parameters/a known slip": {_SLIP, f"{_PAIR:,}", f"{_PAIR / _BOTTLENECK:.2f}"},
    "batch_norm/claim sigmoid": {f"{0.5 * (1 - 0.5):g}"},
    "home/picture": {f"{0.5**0.5:.2f}"},
    "glossary/kurtosis": {f"{9 / 5:g}"},
    "published/truncated": {_gmacs("resnet50_v1", 3)},
    "published/truncated, option b": {
        _gmacs("resnet34", 3), f"{_A34.macs / 1e9:.3f}", f"{_A34.macs / 1e9:.1f}",
    },
    "published/stride not said": {_gmacs("resnet50", 1)},
    "published/batch norm not counted": {f"{_1001.params:,}", f"{_1001.params - _NORMS_1001:,}"},
}  # fmt: skip
"""Numbers that are typed in a text, computed here."""

_CIFAR = "Krizhevsky 2009: 50,000 pictures to learn from, 10,000 to test on"
_RECIPE = "He et al. 2015, section 4.2"
_NVIDIA = "NVIDIA's model card of ResNet-50 v1.5"
_EXAMPLE = "an input that the sentence chooses; the proof computes what follows from it"
_MEASURED = "a threshold or input of the app's own, named as such"

PUBLISHED = {
    "questions/degradation/resnet-or-vgg": {"9.33": "He et al. 2015, Table 3: VGG-16"},
    "questions/degradation/thousand-layers": {"0.1": "He et al. 2015, section 4.2: < 0.1 %"},
    "questions/formulation/gradient-through-blocks": {"0.5": _EXAMPLE, "1.1": _EXAMPLE},
    "questions/formulation/gradient-at-the-addition": {"0.9": _EXAMPLE, "1.1": _EXAMPLE},
    "questions/formulation/deleted-block": {"10,000": _CIFAR},
    "questions/variants/v1-v15-v2-d": {"0.5": _NVIDIA},
    "questions/variants/cardinality": {"21.2": "ResNeXt's README: ResNeXt-101 (32x4d)"},
    "questions/variants/gamma-at-zero": {
        "0.2": "torchvision's resnet.py, a comment citing Goyal et al. 2017", "0.3": "the same",
    },
    "questions/variants/competitions": {
        "3.57": "He et al. 2015, Table 5", "21.2": "He et al. 2015, Table 8", "27.2": "the same",
    },
    "questions/bn_mechanics/epsilon": {"0.001": _EXAMPLE, "0.00001": "torch's default of eps"},
    "questions/bn_mechanics/which-variance": {"0.1": "torch's default", "0.9": "1 - 0.1"},
    "questions/bn_practice/batch-size-1-or-2": {"2.001": _EXAMPLE},
    "questions/bn_practice/dropout": {"0.5": _EXAMPLE},
    "questions/training/resnet50-today": {"80.4": "Wightman et al. 2021, abstract"},
    "questions/training/training-recipe": {
        "0.1": _RECIPE, "0.01": _RECIPE, "0.9": _RECIPE, "0.0001": _RECIPE,
        "32,000": _RECIPE, "48,000": _RECIPE, "64,000": _RECIPE,
    },
    "questions/training/bag-of-tricks": {
        "75.3": "He et al. 2018, abstract", "79.29": "He et al. 2018, abstract",
    },
    "questions/training/stochastic-depth": {
        "0.5": "Huang et al. 2016: the survival of the last block",
        "4.91": "Huang et al. 2016, abstract",
    },
    "questions/after/convnext": {
        "76.1": "Liu et al. 2022", "78.8": "the same", "82.1": "the same",
        "81.3": "the same: Swin-T",
    },
    "questions/after/loss-landscape": {
        "5.89": "Li et al. 2018, in accounts that agree", "13.31": "the same",
    },
    "myths/stride-on-1x1": {"0.5": _NVIDIA},
    "myths/five-first-places": {"3.57": "He et al. 2015, Table 5"},
    "myths/thousand-layers": {"0.1": "He et al. 2015, section 4.2: < 0.1 %"},
    "myths/eight-layers-deeper": {"19.6": "He et al. 2015, section 3.3: VGG-19, 10^9"},
    "myths/coco-28-percent": {"21.2": "He et al. 2015, Table 8", "27.2": "the same"},
    "myths/gflops-41": {"76.1": "torchvision: 76.13, as the statement rounds it"},
    "myths/resnet110-error": {"0.16": "He et al. 2015, Table 6"},
    "myths/bn-batch-size-1": {"2.001": _EXAMPLE},
    "why_residual/depth": {"0.1": "He et al. 2015, section 4.2: < 0.1 %"},
    "why_residual/likeness": {"0.001": _MEASURED},
    "why_residual/cifar10": {"50,000": _CIFAR, "64,000": _RECIPE},
    "why_residual/reference cifar10": {"0.1": _MEASURED},
    "why_residual/the four": {"0.1": _MEASURED},
    "batch_norm/claim undo": {"4,096": _MEASURED},
    "batch_norm/speed": {"72.2": "Ioffe and Szegedy 2015, section 4.2"},
    "depth_photographs/deletions": {"10,000": _CIFAR},
    "inference/embedded": {"10,000": _CIFAR},
    "inference/lesions test set": {"10,000": _CIFAR},
    "inference/card limits": {"64,000": _RECIPE},
    "glossary/norm_eps": {"1.001": "Keras's ResNets: eps 1.001e-5"},
    "glossary/num_classes": {"1,000": "ImageNet's classes"},
    "glossary/momentum": {"0.1": "torch's default"},
    "glossary/unit negative": {"0.5": _MEASURED},
    "shortcuts/strides sources": {"0.5": _NVIDIA},
    "block_lab/dirac, plain": {"0.00001": "torch's default of eps"},
    "block_lab/coverage published": {
        "0.5": _NVIDIA, "76.55": "MMPreTrain's table", "77.54": "MMPreTrain's table",
    },
    "block_lab/dialect mxnet": {"0.1": "torch's default, 1 - 0.9"},
    "published/table 6, mean": {"0.16": "He et al. 2015, Table 6"},
    "published/batches of 128": {"4.89": "He et al. 2016, Table 4", "0.14": "the same"},
    "published/batches of 64": {"4.69": "He et al. 2016, Table 4", "0.20": "the same"},
    "published/other version": {"30.41": "fb.resnet.torch's README, another version"},
    "published/truncated, option b": {"3.6": "He et al. 2015, Table 1"},
    "published/batch norm not counted": {"10.2": "He et al. 2016, section 4.1, 10^6"},
    "published/no validation set": {"50,000": _CIFAR},
    "published/three runs": {"24.0": "the source's own", "24.1": "the same"},
    "recognition/three numbers": {
        "0.485": "ImageNet's means, as torchvision has them", "0.456": "the same",
        "0.406": "the same",
    },
}  # fmt: skip
"""Numbers that are typed in a text and cannot be computed here, and where they come from."""
