"""Whole networks told op by op, as they are read, in files beside: golden/*.md.

Where a sentence changes on purpose, write them anew: python -m tests.lessons.test_golden.
"""

from pathlib import Path

import pytest

from explorer.architecture import PRESETS, NetworkSpec, blueprint
from explorer.lessons.sentences import walk_in_words

FOLDER = Path(__file__).with_name("golden")
NETWORKS = {
    "resnet18": (PRESETS["resnet18"].spec, 224),
    # Basic blocks, option A, no pool in the stem.
    "resnet20": (PRESETS["resnet20"].spec, 32),
    # Bottlenecks in groups, pre-activation: the other forms of a sentence.
    "grouped_preact": (
        NetworkSpec(
            "bottleneck",
            (1, 2),
            (64, 128),
            activation_order="pre",
            groups=32,
            width_per_group=4,
            norm_on_projection=False,
        ),
        64,
    ),
}


def told(name: str) -> str:
    bp = blueprint(*NETWORKS[name])
    sentences = dict(walk_in_words(bp))
    lines = []
    for part in bp.parts:
        lines += [f"## {part.title} ({part.path})", ""]
        lines += [f"- `{op.path}`: {sentences[op.path]}" for op in part.ops]
        lines.append("")
    return "\n".join(lines)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_walk_in_words_is_that_of_before(name):
    assert told(name) == (FOLDER / f"{name}.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    for name in NETWORKS:
        (FOLDER / f"{name}.md").write_text(told(name), encoding="utf-8")
