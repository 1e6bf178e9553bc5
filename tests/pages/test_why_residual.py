"""The page Why residual, part by part."""

import dataclasses
import hashlib
import time
from threading import Barrier, Thread
from urllib.parse import parse_qs

import pytest

from explorer.experiments import cifar10
from explorer.experiments.learning_identity import learn_identity
from explorer.experiments.shattered import likeness
from explorer.ui import downloading
from explorer.ui.budget import kept
from explorer.ui.why import initialisation, queue
from tests.cifar10_folder import write_parquet

PARTS = ("published", "initialisation", "training", "photographs", "surface", "paths", "known")


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
        "plain",
        "depth",
        "options",
        "orders",
        "shortcuts",
        "branch",
    ],
)
def test_every_study_names_its_source(open_app, study):
    app = open_app("why_residual", why_study=study)
    assert not app.exception
    assert any("arxiv.org" in caption.value for caption in app.caption)


def test_paths_are_computed(open_app):
    app = open_app("why_residual", why_part="paths")
    text = " ".join(element.value for element in app.markdown)
    assert "18,014,398,509,481,984" in text
    assert "0.4537%" in text


def test_the_gradients_agree_with_the_reference_run(open_app):
    """Deep network of Batch norm has the table of the same networks; Why residual links to it."""
    app = open_app("batch_norm", bn_section="depth")
    (table,) = (box.value for box in app.markdown if "| plain, with BN |" in box.value)
    rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines()]
    ratios = {row[1]: float(row[2]) for row in rows if "with BN" in row[1]}
    assert 4 < ratios["plain, with BN"] < 20  # reference 8.6
    assert 1 < ratios["residual, with BN"] < 6  # reference 2.6


def test_the_link_to_the_table_keeps_the_depth(open_app):
    app = open_app("why_residual", why_part="initialisation", why_depth="56", net="resnet34")
    (link,) = (box.proto for box in app.get("page_link") if "56 layers" in box.proto.label)
    assert link.page == "batch_norm"
    assert parse_qs(link.query_string) == {
        "net": ["resnet34"],
        "bn_section": ["depth"],
        "bn_depth": ["56"],
    }


def test_measured_at_a_press(open_app, monkeypatch):
    """Both experiments, on fewer depths than the page's own."""

    def quiet(share):
        pass

    def few_depths(_progress=quiet):
        return likeness((1, 2), seeds=1, progress=_progress)

    def few_steps(_progress=quiet):
        return learn_identity((2, 4), 20, _progress)

    monkeypatch.setattr(initialisation, "_measure_likeness", kept(few_depths))
    monkeypatch.setattr(initialisation, "_learn_identity", kept(few_steps))
    app = open_app("why_residual", why_part="initialisation")
    before = len(app.get("plotly_chart"))
    for key in ("why_run_likeness", "why_run_identity"):
        app.button(key=key).click().run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == before + 2
    assert not [button for button in app.button if button.key.startswith("why_run")]


def test_two_who_ask_at_once_share_one_measurement():
    asked, measured, found = Barrier(2, timeout=60), [], []

    @kept
    def measure(_progress=None):
        measured.append(1)
        time.sleep(0.5)  # the other one, past the barrier, comes to the lock meanwhile
        return "result"

    def ask():
        asked.wait()
        found.append(measure(print))

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, measured) == (["result", "result"], [1])
    assert measure.has()
    measure.clear()


def rerun_until(app, condition):
    """Rerun as the page does while a job runs."""
    end = time.monotonic() + 240
    while not condition():
        assert not app.exception
        assert time.monotonic() < end
        time.sleep(0.3)
        app.run()


def test_a_run_is_trained_shown_and_deleted_from(open_app):
    app = open_app("why_residual", why_part="training")
    assert any("No run yet" in caption.value for caption in app.caption)
    app.selectbox(key="why_new_depth").set_value(8)
    app.number_input(key="why_new_steps").set_value(20)
    app.text_input(key="why_new_name").set_value("first")
    next(button for button in app.button if button.label == "Train").click().run()
    assert not app.exception
    rerun_until(app, lambda: "done" in app.dataframe[0].value["state"].tolist())
    assert app.dataframe[0].value["network"][0].startswith("first: ResNet-8")
    before = len(app.get("plotly_chart"))
    app.button(key="why_delete").click().run()
    rerun_until(app, lambda: len(app.get("plotly_chart")) > before)
    assert not any(button.key == "why_delete" for button in app.button)


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    """An empty folder for CIFAR-10, and a queue whose worker knows of it."""
    folder = tmp_path / "cifar10"
    folder.mkdir()
    monkeypatch.setenv(cifar10.FOLDER_VARIABLE, str(folder))
    queue.service().close()
    queue.service.clear()
    yield folder
    queue.service().close()
    queue.service.clear()


def train_button(app):
    return next(button for button in app.button if button.label == "Train")


def test_photographs_are_learnt_where_they_are(open_app, photographs):
    write_parquet(photographs)
    app = open_app("why_residual", why_part="training", why_pictures="cifar10")
    app.selectbox(key="why_new_depth").set_value(8)
    app.number_input(key="why_new_steps").set_value(10)
    train_button(app).click().run()
    assert not app.exception
    rerun_until(app, lambda: "done" in app.dataframe[0].value["state"].tolist())
    assert app.dataframe[0].value["network"][0] == "ResNet-8, CIFAR-10, rate 0.1, seed 0"
    assert any(box.key == "why_deleted" for box in app.selectbox)
    assert not app.exception


def test_photographs_that_are_not_here_can_be_downloaded(open_app, photographs, web, monkeypatch):
    address, folder = web
    (folder / "archive").write_bytes(b"CIFAR-10" * 1_000)
    there = dataclasses.replace(
        cifar10.archive(),
        url=f"{address}/archive",
        bytes=8_000,
        sha256_prefix=hashlib.sha256(b"CIFAR-10" * 1_000).hexdigest(),
    )
    monkeypatch.setattr(cifar10, "archive", lambda: there)
    app = open_app("why_residual", why_part="training", why_pictures="cifar10")
    assert any("CIFAR-10 is not on this machine" in info.value for info in app.info)
    assert train_button(app).disabled
    app.button(key="why_download").click().run()
    downloading.downloads().find(there.path).wait(60)
    app.run()
    assert not app.exception
    assert not train_button(app).disabled
    assert not any(button.key == "why_download" for button in app.button)


def test_without_the_internet_the_download_says_so(open_app, photographs, monkeypatch):
    there = dataclasses.replace(cifar10.archive(), url="http://127.0.0.1:9/archive")
    monkeypatch.setattr(cifar10, "archive", lambda: there)
    app = open_app("why_residual", why_part="training", why_pictures="cifar10")
    app.button(key="why_download").click().run()
    downloading.downloads().find(there.path).wait(60)
    app.run()
    assert any("cannot be reached from this machine" in warning.value for warning in app.warning)
    assert train_button(app).disabled


def test_unknown_runs_are_named(open_app):
    app = open_app("why_residual", why_part="training", why_runs="nothing,<b>x</b>")
    assert not app.exception
    assert any("Not on this server" in warning.value for warning in app.warning)


PICTURE = "![x](http://a.invalid/x)"


def test_words_of_visitors_bring_no_pictures_into_the_page(open_app):
    """A link's run ids and a run's name may come from somebody else."""
    app = open_app("why_residual", why_part="training", why_runs=PICTURE)
    assert f"`'{PICTURE}'`" in app.warning[0].value

    app = open_app("why_residual", why_part="training")
    app.number_input(key="why_new_steps").set_value(2_000)
    app.text_input(key="why_new_name").set_value(PICTURE)
    next(button for button in app.button if button.label == "Train").click().run()
    (bar,) = app.get("progress")
    assert bar.proto.text.startswith(f"`'{PICTURE}'`: ResNet-20")
    next(button for button in app.button if button.label == "Cancel").click().run()
    assert not app.exception
