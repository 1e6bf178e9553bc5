"""The page Why residual, part by part."""

import time

import pytest

PARTS = ("Published", "At initialisation", "Training", "Paths", "What is known")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens(open_app, part):
    app = open_app("why_residual", why_part=part)
    assert not app.exception
    assert app.title[0].value == "Why residual"
    text = " ".join(element.value for element in app.markdown)
    assert "{" not in text


@pytest.mark.parametrize(
    "study",
    [
        "Plain against residual",
        "Error by depth",
        "Shortcut options A, B, C",
        "Order of activation",
        "What lies on the shortcut",
    ],
)
def test_every_study_names_its_source(open_app, study):
    app = open_app("why_residual", why_study=study)
    assert not app.exception
    assert any("arxiv.org" in caption.value for caption in app.caption)


def test_paths_are_computed(open_app):
    app = open_app("why_residual", why_part="Paths")
    text = " ".join(element.value for element in app.markdown)
    assert "18,014,398,509,481,984" in text
    assert "0.4537%" in text


def test_the_gradients_agree_with_the_reference_run(open_app):
    app = open_app("why_residual", why_part="At initialisation")
    (table,) = (box.value for box in app.markdown if "| plain, with BN |" in box.value)
    rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines()]
    ratios = {row[1]: float(row[2]) for row in rows if "with BN" in row[1]}
    assert 4 < ratios["plain, with BN"] < 20  # reference 8.6
    assert 1 < ratios["residual, with BN"] < 6  # reference 2.6


def test_a_run_is_trained_shown_and_deleted_from(open_app):
    app = open_app("why_residual", why_part="Training")
    assert any("No run yet" in info.value for info in app.info)
    app.selectbox(key="why_new_depth").set_value(8)
    app.number_input(key="why_new_steps").set_value(20)
    app.text_input(key="why_new_name").set_value("first")
    next(button for button in app.button if button.label == "Train").click().run()
    assert not app.exception
    end = time.monotonic() + 100
    while "done" not in app.dataframe[0].value["state"].tolist():
        assert time.monotonic() < end
        time.sleep(0.3)
        app.run()
    assert app.dataframe[0].value["network"][0].startswith("first: ResNet-8")
    assert any(box.key == "why_deleted" for box in app.selectbox)
    assert not app.exception


def test_unknown_runs_are_named(open_app):
    app = open_app("why_residual", why_part="Training", why_runs="nothing,<b>x</b>")
    assert not app.exception
    assert any("Not on this server" in warning.value for warning in app.warning)


PICTURE = "![x](http://a.invalid/x)"


def test_words_of_visitors_bring_no_pictures_into_the_page(open_app):
    """A link's run ids and a run's name may come from somebody else."""
    app = open_app("why_residual", why_part="Training", why_runs=PICTURE)
    assert f"`'{PICTURE}'`" in app.warning[0].value

    app = open_app("why_residual", why_part="Training")
    app.number_input(key="why_new_steps").set_value(2_000)
    app.text_input(key="why_new_name").set_value(PICTURE)
    next(button for button in app.button if button.label == "Train").click().run()
    (bar,) = app.get("progress")
    assert bar.proto.text.startswith(f"`'{PICTURE}'`: ResNet-20")
    next(button for button in app.button if button.label == "Cancel").click().run()
    assert not app.exception
