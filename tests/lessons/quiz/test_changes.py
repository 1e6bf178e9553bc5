"""Changes that a quiz asks about: what is said to be done is what the network after it shows."""

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.lessons.quiz.changes import _one_block_less
from explorer.lessons.quiz.question import Network


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet110"])
def test_a_stage_has_one_block_less_and_no_other_changes(name):
    entry = PRESETS[name]
    network = Network(name, entry.title, entry.spec, entry.image_size)
    bp = blueprint(network.spec, network.image_size)
    changes = _one_block_less(network, bp)
    assert len(changes) == len(bp.stages)
    for change, stage in zip(changes, bp.stages, strict=True):
        assert stage.title in change.text
        after = blueprint(change.spec, change.image_size)
        for before, left in zip(bp.stages, after.stages, strict=True):
            assert len(before.blocks) - len(left.blocks) == (before.path == stage.path)
        assert bp.params - after.params == stage.blocks[-1].params
