"""The glossary: one place for all terms, found by the words of other texts, true where computed."""

import re
from pathlib import Path

import pytest
import torch

from explorer import words
from explorer.architecture import blueprint, preset
from explorer.lessons.glossary import THEMES, search, terms

ROOT = Path(__file__).parents[2]
ASKED = sorted(
    {
        match[1]
        for file in [*ROOT.glob("explorer/ui/**/*.py"), *ROOT.glob("pages/*.py")]
        for match in re.finditer(r'glossary\("([^"]+)"\)', file.read_text(encoding="utf-8"))
    }
)


def by_id(name):
    return next(term for term in terms() if term.id == name)


def test_every_term_has_its_title_its_place_and_its_theme():
    assert len(terms()) == len(words.sections("glossary")) >= 85
    assert len({term.title for term in terms()}) == len(terms())
    for term in terms():
        assert term.theme in THEMES
        assert term.see
        assert term.text.endswith((".", "`"))


def test_every_theme_has_terms():
    assert {term.theme for term in terms()} == set(THEMES)


def test_a_source_has_an_address():
    for term in terms():
        assert not term.source or re.search(r"\]\(https://", term.source), term.id
    assert set(words.sections("glossary_sources")) <= {term.id for term in terms()}


@pytest.mark.parametrize("term", ASKED)
def test_help_leads_to_its_term(term):
    assert words.glossary(term).startswith(words.sections("glossary")[term])
    assert "](glossary?term=" in words.glossary(term)


def test_help_in_chinese_leads_to_the_chinese_page():
    words.ask(lambda: "zh")
    try:
        assert words.glossary("gamma").endswith("(glossary?term=gamma&lang=zh)")
        assert by_id("residual").title == "残差"
        assert by_id("residual").text == words.sections("glossary")["residual"]
    finally:
        words.ask(None)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("memonger", "gradient checkpointing"),
        ("mirror_stage", "gradient checkpointing"),
        ("fix_gamma", "gamma"),
        ("first_block", "norm_on_projection"),
        ("FLOPs", "MACs"),
        ("步长", "unit stride"),
        ("跳跃连接", "shortcut"),
        ("批归一化", "batch_norm"),
        ("reLU linear REGIME", None),
        ("linear REGIME", "saturation"),
        ("感受野", "receptive field"),
    ],
)
def test_a_term_is_found_by_the_words_of_other_texts(asked, first):
    found = search(asked)
    assert (found[0].id if found else None) == first


def test_the_search_without_words_finds_all():
    assert set(search("")) == set(terms())


# --- what can be computed is true ----------------------------------------------------------------


def test_kurtosis_of_a_uniform_and_a_normal_distribution():
    assert "3 for a normal distribution, 1.8 for a uniform one" in by_id("kurtosis").text
    uniform = torch.linspace(-1, 1, 200_001, dtype=torch.float64)
    normal = torch.distributions.Normal(0, 1).icdf(
        torch.linspace(0, 1, 2_000_001, dtype=torch.float64)[1:-1]
    )
    for values, expected in ((uniform, 1.8), (normal, 3.0), (5 - 7 * uniform, 1.8)):
        standard = (values - values.mean()) / values.std(correction=0)
        assert float((standard**4).mean()) == pytest.approx(expected, abs=2e-3)


def test_second_moment_is_variance_plus_squared_mean():
    values = torch.randn(100_000, dtype=torch.float64).relu()
    mean, variance = values.mean(), values.var(correction=0)
    assert float((values**2).mean()) == pytest.approx(float(variance + mean**2))
    assert float(mean) > 0.3


def test_neighbours_lie_the_output_stride_apart_and_the_field_ignores_the_border():
    """Of the gradients of two neighbours, one is the other moved by the output stride."""
    (last,) = [op for op in blueprint(preset("resnet18"), 224).ops if op.path == "layer1.1.conv2"]
    stem = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 7, 2, 3), torch.nn.MaxPool2d(3, 2, 1), torch.nn.Conv2d(1, 1, 3, 1, 1)
    )
    seen = []
    for column in (10, 11):
        x = torch.arange(64.0 * 64).view(1, 1, 64, 64).requires_grad_()
        stem(x)[0, 0, 10, column].backward()
        seen.append(x.grad.abs().sum((0, 1, 2)).nonzero().min())
    assert seen[1] - seen[0] == last.output_stride == 4
    deep = blueprint(preset("resnet50"), 224).ops
    assert max(op.receptive_field for op in deep if op.path.endswith("conv2")) > 224


def test_the_stages_are_called_as_the_glossary_says():
    blocks = {block.path: block.title for block in blueprint(preset("resnet50"), 224).blocks}
    assert blocks["layer2.0"] == "conv3_1"
    assert blocks["layer1.0"].startswith("conv2_")
    assert blocks["layer4.2"].startswith("conv5_")


def test_a_singular_value_of_zero_loses_its_direction():
    matrix = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    assert torch.linalg.svdvals(matrix).tolist() == [2.0, 0.0]
    assert torch.equal(matrix @ torch.tensor([0.0, 1.0]), torch.zeros(2))


def test_initialisations_have_the_variances_that_are_named():
    weights = torch.empty(400, 600)
    torch.nn.init.kaiming_normal_(weights)
    assert float(weights.var()) == pytest.approx(2 / 600, rel=0.02)
    torch.nn.init.xavier_normal_(weights)
    assert float(weights.var()) == pytest.approx(2 / (600 + 400), rel=0.02)


def test_sizes_of_one_are_repeated():
    assert (torch.zeros(3, 4, 4) + torch.ones(1, 4, 4)).shape == (3, 4, 4)
    with pytest.raises(RuntimeError):
        torch.zeros(3, 4, 4) + torch.ones(2, 4, 4)
