"""The handout read as a document: its numbers, its escaping, and that it needs nothing else."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.published import figures_of
from explorer.views.handout import COLUMNS, handout, rows
from explorer.views.overview import tiles
from explorer.views.palette import LIGHT, SELECTED
from explorer.views.tables import heading
from explorer.words import label

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Text by element, every attribute, and tags that were not closed in order."""

    def __init__(self, document):
        super().__init__()
        self.open, self.tags, self.attributes, self.cells = [], [], [], []
        self.words = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1][-1] += data


def made(name):
    entry = PRESETS[name]
    bp = blueprint(entry.spec, entry.image_size)
    return bp, handout(bp, entry.title, figures_of(name), "In a sentence.")


def number(text):
    return int(text.replace(",", ""))


@pytest.mark.parametrize("name", PRESETS)
def test_the_table_adds_up_to_the_network(name):
    bp, document = made(name)
    page = Page(document)
    assert page.open == []
    head, *body, total = page.cells
    assert head == [heading("handout_table", column) for column in COLUMNS]
    assert len(body) == len(bp.stages) + 2
    assert total[0] == "Total"
    for column, whole in ((-2, bp.params), (-1, bp.macs)):
        assert sum(number(row[column]) for row in body) == number(total[column]) == whole


@pytest.mark.parametrize("name", PRESETS)
def test_it_asks_for_nothing_but_links_to_sources(name):
    page = Page(made(name)[1])
    assert not {"script", "link", "img", "image", "iframe", "use", "object"} & set(page.tags)
    links = {value for tag, key, value in page.attributes if tag == "a" and key == "href"}
    assert links <= {figure.source.url for figure in figures_of(name)[:1]}
    for tag, key, value in page.attributes:
        assert not key.startswith("on")
        if value and urlsplit(value).scheme in ("http", "https"):
            assert (tag, key) in {("a", "href"), ("svg", "xmlns")}
    style = re.search(r"<style>(.*?)</style>", made(name)[1], re.DOTALL)
    assert style and "url(" not in style[1] and "@import" not in style[1]


@pytest.mark.parametrize("name", ["resnet50", "resnet1202", "plain20", "preact_resnet164"])
def test_key_numbers_are_the_networks(name):
    bp, document = made(name)
    words = Page(document).words
    for tile in tiles(bp, figures_of(name)):
        assert f"{tile.value}{tile.exact}" in words
    for figure in figures_of(name)[:1]:
        assert figure.source.name in words and label(f"protocol.{figure.protocol}") in words


def test_stages_as_the_paper_writes_them():
    bp, _ = made("resnet50")
    third = [str(cell).replace("\N{NO-BREAK SPACE}", " ") for cell in rows(bp)[2]]
    assert third[:4] == [
        "conv3_x (layer2)",
        "28×28×512",
        "[1×1 128, 3×3 128, 1×1 512] × 4",
        "1 dashed, 3 solid",
    ]
    grouped = rows(made("resnext50_32x4d")[0])[1][2]
    assert "in 32 groups" in grouped
    assert {row[3] for row in rows(made("plain20")[0])[1:-1]} == {"none"}


def test_dashed_and_solid_are_all_blocks():
    for name in ("resnet34", "resnet50", "resnet1202"):
        bp, _ = made(name)
        shortcuts = " ".join(row[3] for row in rows(bp))
        dashed = sum(map(int, re.findall(r"([\d,]+)\sdashed", shortcuts)))
        solid = sum(map(int, re.findall(r"([\d,]+)\ssolid", shortcuts)))
        assert dashed == len(bp.dashed)
        assert dashed + solid == len(bp.blocks)


def test_words_of_others_are_escaped():
    bp = blueprint(replace(PRESETS["resnet18"].spec, num_classes=7), 64)
    document = handout(bp, "<b>A&B</b>", (), "5 < 6 <script>")
    assert "<script>" not in document and "<b>A" not in document
    page = Page(document)
    assert "<b>A&B</b>" in page.words and "5 < 6 <script>" in page.words
    assert "No published accuracy" in page.words


def test_the_tasks_are_a_page_of_their_own():
    bp = blueprint(PRESETS["resnet18"].spec, 224)
    tasks = [("First", "Press *Next* if 1 < 2."), ("Second", "Look.")]
    document = handout(bp, "x", (), "y", tasks, "<svg></svg>")
    page = Page(document)
    assert page.open == []
    assert "Press Next if 1 < 2." in page.words
    assert document.count("<li>") == 2 and "<em>Next</em>" in document
    assert "telephone" in page.words
    assert "telephone" not in Page(handout(bp, "x", (), "y", tasks)).words
    assert "<li>" not in handout(bp, "x", (), "y")
    assert "gradient(" not in document


@pytest.mark.parametrize(("name", "lit"), [("resnet34", 1), ("plain34", 1), ("resnet20", 0)])
def test_the_papers_table_1_is_on_it_and_the_networks_column_is_framed(name, lit):
    _, document = made(name)
    part = document.partition('<main class="table1">')[2].partition("</main>")[0]
    assert Page(part).open == []
    for words in ("18 layers", "152 layers", "× 36", "7×7/2, 64"):
        assert f">{words}<" in part
    framed = part.count(f'stroke="{LIGHT[SELECTED]}"')
    # The head, four stages and the MACs of one column.
    assert framed == 6 * lit
