"""What the parts of a network are called: by one name, wherever they are shown."""

from explorer.architecture import Blueprint
from explorer.words import has_label, label


def part_title(name: str) -> str:
    """The whole network, its stem and its head in words; stages and blocks have proper names.

    >>> part_title("whole"), part_title("conv3_1")
    ('whole network', 'conv3_1')
    """
    return label(f"part.{name}") if has_label(f"part.{name}") else name


def called(bp: Blueprint, path: str) -> str:
    """A block or a stage by its title and torch's path, as everywhere: `conv4_1 (layer3.0)`."""
    stage = next((stage.title for stage in bp.stages if stage.path == path), None)
    title = stage or part_title(bp.block(path).title)
    return label("named.in_brackets", name=title, what=path) if title != path else title


def stage_title(bp: Blueprint, path: str) -> str:
    """conv3_x for all that lies in it; stem or head for the rest."""
    index = bp.stage_of(path)
    return part_title(bp.block(path).title) if index is None else bp.stages[index].title
