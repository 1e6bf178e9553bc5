"""Charts whose message is said to a screen reader: the figures in it are the charts' own."""

from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from explorer.architecture import PRESETS, blueprint, preset
from explorer.experiments.embedded import cards
from explorer.ui.why import deletions, initialisation
from explorer.views import stack_charts


def test_accuracy_after_deletions_names_the_ends(open_app):
    app = open_app("inference", net="resnet20", infer_view="lesions")
    assert not app.exception
    told = [chart.proto.alt for chart in app.get("plotly_chart")]
    for name, card in cards().items():
        (said,) = (alt for alt in told if f"Accuracy of {PRESETS[name].title} after" in alt)
        possible = [value for value in card.after_deleting.values() if value is not None]
        assert f"{card.test_accuracy:.2%} with all blocks" in said
        assert f"from {min(possible):.1%} without" in said
        assert f"to {max(possible):.1%} without" in said


def test_a_visitors_own_deletions_name_the_lowest(monkeypatch):
    spec, told = preset("resnet20"), []
    monkeypatch.setattr(deletions.chart, "show", lambda figure, key, alt: told.append(alt))
    blocks = len(blueprint(spec, 32).blocks)
    found = SimpleNamespace(after=[0.5, None, *[0.7] * (blocks - 3), 0.31], whole=0.9)
    training = SimpleNamespace(recipe=SimpleNamespace(spec=spec, image_size=32))
    deletions._chart(training, found)
    (said,) = told
    assert "90.00% with all: 31.0% without conv4_3 is the lowest" in said


def test_what_is_measured_at_initialisation_is_told_at_both_ends(monkeypatch):
    told: dict[str, str] = {}
    monkeypatch.setattr(
        initialisation.chart, "show", lambda figure, key, alt: told.__setitem__(key, alt)
    )
    kinds = {"plain": (0.5, 0.0123), "plain_with_bn": (0.5, 0.25), "residual": (0.9, 0.75)}
    for key in ("likeness", "identity"):
        found = SimpleNamespace(depths=(2, 50), by_kind=kinds)
        monkeypatch.setattr(initialisation, "_computed", lambda *_, found=found: found)
        getattr(initialisation, f"_{key}")()
        said = told[f"why_{key}"]
        assert "2 and" in said and "50 layers" in said
        assert "0.50 and 0.012;" in said and "0.90 and 0.75" in said


def test_each_kind_of_stack_has_its_own_theory(monkeypatch):
    """Balduzzi et al. 2017: 1/2^L plain, (3/4)^L residual, 1/sqrt(L) residual with batch norm."""
    drawn = []
    monkeypatch.setattr(initialisation.chart, "show", lambda figure, **_: drawn.append(figure))
    kinds = dict.fromkeys(("plain", "residual", "residual_with_bn"), (0.5, 0.25))
    found = SimpleNamespace(depths=(2, 8), by_kind=kinds)
    monkeypatch.setattr(initialisation, "_computed", lambda *_: found)
    initialisation._likeness()
    thin = [list(line.y) for line in drawn[0].data if line.line.width < 3]
    wanted = ([0.25, 0.5**8], [0.5625, 0.75**8], [2**-0.5, 8**-0.5])
    for line, one in zip(thin, wanted, strict=True):
        assert line == pytest.approx(one)


def test_linear_stacks_are_hatched():
    errors = dict.fromkeys(("plain_linear", "plain", "residual"), (0.5,))
    bars = stack_charts.identity([2], errors).data
    assert [bar.marker.pattern.shape for bar in bars] == ["/", "", ""]


def test_ten_deletions_leave_a_thousandth_of_the_paths(open_app):
    said = [box.value for box in open_app("why_residual", why_part="paths").markdown]
    assert any(f"deleting ten leaves {0.5**10:.3%}" in one for one in said)


def test_the_networks_on_photographs_are_compared_as_deep_as_they_are(open_app):
    app = open_app("why_residual", why_part="photographs")
    links = [parse_qs(link.proto.query_string) for link in app.main.get("page_link")]
    assert [(one["net"], one["with"]) for one in links if "with" in one] == [
        (["plain56"], ["resnet56"])
    ]
