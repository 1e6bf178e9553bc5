"""A printed page on a network, and one of tasks: HTML that needs nothing but itself."""

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.image_size import TIMES
from explorer.architecture.notation import volume
from explorer.architecture.published import Figure
from explorer.architecture.structure import Stage
from explorer.views import network_picture, table1
from explorer.views.overview import tiles
from explorer.views.palette import BACKGROUND, BORDER, LIGHT, PANEL, TEXT, slot_of
from explorer.views.tables import heading
from explorer.views.titles import part_title
from explorer.views.trace_table import kernels
from explorer.words import count, label, language, section

COLUMNS: Final = ("part", "output", "made_of", "shortcuts", "params", "macs")
"""Ids; what they are called is in the labels [handout_table]."""
_GLUE: Final = "\N{NO-BREAK SPACE}"
_LINES: Final = 8
_ROOM: Final = '<i class="line"></i>' * 2
_STYLE: Final = f"""
@page {{ size: A4; margin: 12mm; }}
* {{ box-sizing: border-box; print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
body {{ margin: 0 auto; max-width: 186mm; color: {TEXT}; background: {BACKGROUND};
  font: 9.5pt/1.35 "Source Sans 3", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }}
main {{ display: flex; flex-direction: column; }}
h1 {{ font-size: 19pt; line-height: 1.2; margin: 0 0 1mm; overflow-wrap: anywhere; }}
h2 {{ font-size: 11pt; margin: 4mm 0 1mm; }}
p {{ margin: 0 0 1mm; }}
dl {{ display: grid; grid-template-columns: repeat(4, 1fr); gap: 2mm; margin: 3mm 0 1mm; }}
dl div {{ background: {PANEL}; border-radius: 1mm; padding: 1.5mm 2mm; }}
dt, .small {{ font-size: 8pt; }}
dd {{ margin: 0; }}
dd b {{ display: block; font-size: 12pt; }}
svg {{ display: block; width: 100%; height: auto; max-height: 58mm;
  font-family: inherit; overflow: visible; }}
table {{ width: 100%; border-collapse: collapse; font-size: 8.5pt; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.7mm 1.5mm;
  border-bottom: 0.2mm solid {BORDER}; }}
th.number, td.number {{ text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }}
tbody th {{ white-space: nowrap; }}
tfoot {{ font-weight: bold; }}
/* Borders, because a gradient of thin lines loses some of them on paper. */
.notes {{ flex: 1; min-height: 20mm; display: flex; flex-direction: column; overflow: hidden;
  border: 1px solid {BORDER}; border-radius: 1mm; }}
.notes i {{ flex: 1 0 7mm; border-bottom: 1px solid {BORDER}; }}
.notes i:last-child {{ border-bottom: 0; }}
header {{ display: flex; justify-content: space-between; align-items: center; gap: 4mm; }}
header svg {{ width: 26mm; height: 26mm; flex: none; }}
header .small {{ max-width: 40mm; text-align: right; }}
header h2 {{ flex: 1; font-size: 15pt; margin: 0; }}
ol {{ flex: 1; display: flex; flex-direction: column; margin: 2mm 0 0; padding-left: 6mm; }}
.tasks, .table1 {{ break-before: page; }}
.table1 svg {{ max-height: none; margin: 2mm 0; }}
.tasks li {{ flex: 1; padding-left: 1mm; }}
.tasks li div {{ display: flex; flex-direction: column; height: 100%; min-height: 22mm; }}
.tasks li i.line {{ flex: 1 0 6mm; border-bottom: 1px solid {BORDER}; }}
@media screen {{ body {{ padding: 12mm 4mm; }} .notes {{ min-height: 60mm; }} }}
/* One page each: the notes and the room for answers take what the rest leaves of it. */
@media print {{ main {{ height: 271mm; overflow: hidden; }} }}
"""


def handout(
    bp: Blueprint,
    title: str,
    figures: Sequence[Figure],
    lead: str,
    tasks: Sequence[tuple[str, str]] = (),
    code: str = "",
) -> str:
    """Pages of A4 on a network, the paper's Table 1 and tasks: an HTML document without scripts.

    Args:
        bp: the network.
        title: its name.
        figures: what is published of exactly this network, best known first.
        lead: the network in a sentence, plain text.
        tasks: of the lesson, each a title and a text, in which *...* is emphasised.
        code: the lesson's address as an SVG for telephones; empty where it has none to share.
    """
    name = escape(title)
    return f"""<!DOCTYPE html>
<html lang="{language()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_said("title", name=name)}</title>
<style>{_STYLE}</style>
</head>
<body><main>
<h1>{name}</h1>
<p>{escape(lead)}</p>
{_key_numbers(bp, figures)}
{_source(figures)}
<h2>{_said("the network")}</h2>
{network_picture.picture(bp)}
<h2>{_said("its parts")}</h2>
{_table(bp)}
<p class="small">{_said("how to read it")}</p>
<h2>{_said("notes")}</h2>
<div class="notes">{"<i></i>" * _LINES}</div>
</main>{_table1(bp)}{_tasks(tasks, code) if tasks else ""}</body>
</html>
"""


def _table1(bp: Blueprint) -> str:
    """The paper's configurations on a page of their own, with room for notes."""
    return (
        f'<main class="table1"><h2>{escape(label("table1.title"))}</h2>'
        f"{table1.picture(table1.column_of(bp.spec))}"
        f'<p class="small">{_said("table1")}</p>'
        f'<h2>{_said("notes")}</h2><div class="notes">{"<i></i>" * _LINES}</div></main>'
    )


def _tasks(tasks: Sequence[tuple[str, str]], code: str) -> str:
    """A page with room to write below each task."""
    shown = "".join(
        f"<li><div><p><b>{escape(title)}</b><br>{_emphasised(task)}</p>{_ROOM}</div></li>"
        for title, task in tasks
    )
    way = f'<p class="small">{_said("code")}</p>{code}' if code else ""
    return (
        f'<main class="tasks"><header><h2>{_said("tasks")}</h2>{way}</header>'
        f"<ol>{shown}</ol></main>"
    )


def _emphasised(text: str) -> str:
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", escape(text))


def _said(title: str, **values: str) -> str:
    return section("handout", title, **values)


def rows(bp: Blueprint) -> list[tuple[str, str, str, str, int, int]]:
    """Stem, stages and head in the order of COLUMNS; the last two are to be summed."""
    return [
        _part(bp.stem, kernels(bp.stem)),
        *(_stage(stage) for stage in bp.stages),
        _part(bp.head, label("handout_table.head")),
    ]


def _part(part: Block, made_of: str) -> tuple[str, str, str, str, int, int]:
    return part_title(part.title), volume(part.out_shape), made_of, "", part.params, part.macs


def _stage(stage: Stage) -> tuple[str, str, str, str, int, int]:
    return (
        label("named.in_brackets", name=stage.title, what=stage.path),
        volume(stage.out_shape),
        f"[{_convs(stage.blocks[0])}]{_GLUE}×{_GLUE}{len(stage.blocks):,}",
        _shortcuts(stage),
        stage.params,
        stage.macs,
    )


def _convs(block: Block) -> str:
    """Windows and channels of the main branch, as the paper's table has them."""
    return label("list.comma").join(_conv(op) for op in block.main_ops if op.kind == "conv")


def _conv(op: Op) -> str:
    """Its window and its channels."""
    window = f"{op.kernel}{TIMES}{op.kernel}{_GLUE}{op.out_shape[0]:,}"
    if op.groups == 1:
        return window
    return label("handout_table.in_groups", conv=window, groups=count(op.groups, "group"))


def _shortcuts(stage: Stage) -> str:
    lines = [block.shortcut.line for block in stage.blocks if block.shortcut]
    shown = [
        f"{lines.count(line):,}{_GLUE}{label(f'line.{line}')}"
        for line in ("dashed", "solid")
        if line in lines
    ]
    return label("list.comma").join(shown) or label("handout_table.none")


def _key_numbers(bp: Blueprint, figures: Sequence[Figure]) -> str:
    shown = "".join(
        f"<div><dt>{escape(tile.label)}</dt>"
        f"<dd><b>{escape(tile.value)}</b>{escape(tile.exact)}</dd></div>"
        for tile in tiles(bp, figures)
    )
    return f"<dl>{shown}</dl>"


def _source(figures: Sequence[Figure]) -> str:
    """Where the accuracy among the key numbers comes from."""
    if not figures:
        return f'<p class="small">{_said("no accuracy")}</p>'
    first = figures[0]
    source = f'<a href="{escape(first.source.url)}">{escape(first.source.name)}</a>'
    protocol = label(f"protocol.{first.protocol}")
    metric = label(f"metric.{first.metric}")
    said = _said(
        "accuracy",
        dataset=escape(first.dataset),
        protocol=escape(protocol),
        metric=escape(metric),
        value=f"{first.top1:.6g}",
        source=source,
        note=escape(first.note),
    )
    return f'<p class="small">{said.strip()}</p>'


def _table(bp: Blueprint) -> str:
    heads = "".join(
        f'<th scope="col"{_numeric(column)}>{heading("handout_table", name)}</th>'
        for column, name in enumerate(COLUMNS)
    )
    body = "".join(_row(bp, index, row) for index, row in enumerate(rows(bp)))
    total = (
        f'<th scope="row" colspan="4">{label("handout_table.total")}</th>'
        f'<td class="number">{bp.params:,}</td>'
        f'<td class="number">{bp.macs:,}</td>'
    )
    return (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody>"
        f"<tfoot><tr>{total}</tr></tfoot></table>"
    )


def _row(bp: Blueprint, index: int, row: tuple[str, str, str, str, int, int]) -> str:
    paths = [bp.stem.path, *(stage.path for stage in bp.stages), bp.head.path]
    colour = LIGHT[slot_of(paths[index])]
    name, *others = (escape(cell) if isinstance(cell, str) else f"{cell:,}" for cell in row)
    cells = "".join(
        f"<td{_numeric(column)}>{cell}</td>" for column, cell in enumerate(others, start=1)
    )
    mark = f"border-left: 1.5mm solid {colour}"
    return f'<tr><th scope="row" style="{mark}">{name}</th>{cells}</tr>'


def _numeric(column: int) -> str:
    return ' class="number"' if column >= len(COLUMNS) - 2 else ""
