"""A network in one sentence, and what each page is for."""

from explorer.architecture import Blueprint, Preset
from explorer.architecture.notation import volume
from explorer.words import count, label, section, sections


def summary(bp: Blueprint) -> str:
    """Depth, stem, blocks and shortcuts of the network, from its image to its scores."""
    dashed = len(bp.dashed)
    stem = [op for op in bp.stem.ops if op.kind == "conv"]
    return section(
        "home",
        "summary, plain" if bp.spec.shortcut == "none" else "summary",
        depth=f"{bp.spec.depth:,}",
        image=volume(bp.in_shape),
        classes=f"{bp.spec.num_classes:,}",
        stem=label(f"summary_stem.{'one' if len(stem) == 1 else 'three'}", kernel=stem[0].kernel),
        blocks=count(len(bp.blocks), f"{bp.spec.block}_block"),
        stages=count(len(bp.stages), "stage"),
        depths=label("list.comma").join(map(str, bp.spec.depths)),
        solid=len(bp.blocks) - dashed,
        dashed=dashed,
    )


def why_called(entry: Preset, bp: Blueprint) -> str | None:
    """Why the number in a network's name is another than its depth; None where it is not."""
    if entry.number is None or bp.spec != entry.spec:
        return None
    convolutions = [op for op in bp.ops if op.kind == "conv"]
    projections = sum(op.on_shortcut for op in convolutions)
    return section(
        "home",
        "why called",
        title=entry.title,
        number=entry.number,
        main=len(convolutions) - projections,
        projections=projections,
        depth=bp.spec.depth,
    )


def page_description(path: str) -> str | None:
    """What the page of this path is for; None where nothing was written about it."""
    return sections("home").get(f"page {path}")
