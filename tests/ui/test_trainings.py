"""What trainings are called beside each other, and what is said when they are done."""

from types import SimpleNamespace

from streamlit.testing.v1 import AppTest

from explorer.experiments.degradation import TrainingRecipe
from explorer.ui.why import names, queue, runs, training, verdict


def test_a_cluster_gets_runs_only_where_its_workers_see_their_folder(tmp_path, monkeypatch):
    """Without a folder, and with one that cannot be made: runs go on, beside the app."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RESNET_EXPLORER_JOBS", "dask://127.0.0.1:9")
    folders = {"": False, str(tmp_path / "file" / "runs"): False, str(tmp_path / "runs"): True}
    for folder, on_the_cluster in folders.items():
        monkeypatch.setenv("RESNET_EXPLORER_JOBS_FOLDER", folder)
        service = queue.service.__wrapped__()
        assert service._running.pool.is_cluster is on_the_cluster
        service.close()


def run(depth, shortcut, loss, **more):
    result = loss and SimpleNamespace(train_loss=loss, diverged=False)
    return SimpleNamespace(recipe=TrainingRecipe(depth, shortcut, **more), result=result)


def test_only_what_differs_is_said():
    four = {f"{d}{s}": TrainingRecipe(d, s) for d in (20, 56) for s in ("none", "padding")}
    assert list(names.of(four).values()) == ["plain-20", "ResNet-20", "plain-56", "ResNet-56"]
    seeds = {str(seed): TrainingRecipe(20, "none", seed=seed) for seed in (0, 1)}
    assert list(names.of(seeds).values()) == ["plain-20, seed 0", "plain-20, seed 1"]


def test_two_of_one_recipe_have_two_names():
    same = {"a": TrainingRecipe(20, "none"), "b": TrainingRecipe(20, "none")}
    assert list(names.of(same).values()) == ["plain-20 (1)", "plain-20 (2)"]


def test_a_visitors_name_is_quoted_for_markdown():
    named = {"a": TrainingRecipe(20, "none", name="*x*")}
    assert names.of(named)["a"] == "*x*: plain-20"
    assert names.of(named, markdown=True)["a"].startswith("`'*x*'`: ")


def test_the_verdict_is_computed():
    plain = [run(20, "none", 0.076), run(56, "none", 1.386)]
    (said,) = verdict.sentences(plain)
    assert said == (
        "**plain-56 ended at 1.386, 18.2 times plain-20's 0.076: "
        "deeper and worse, on training data.**"
    )
    residual = [run(20, "padding", 0.009), run(56, "padding", 0.022)]
    assert "ResNet-56 ended at 0.022, ResNet-20 at 0.009" in verdict.sentences(residual)[0]
    assert len(verdict.sentences([*residual, *plain])) == 2


def test_no_verdict_over_different_recipes_or_unfinished_runs():
    assert not verdict.sentences([run(20, "none", 0.1), run(56, "none", 1.4, rate=0.02)])
    assert not verdict.sentences([run(20, "none", 0.1), run(56, "none", None)])
    assert (
        "no clear degradation" in verdict.sentences([run(20, "none", 1.0), run(56, "none", 1.1)])[0]
    )


def deletions_page():
    from types import SimpleNamespace

    import streamlit as st

    from explorer.ui.why import deletions

    numbers = map(str, range(st.session_state["finished"]))
    result = SimpleNamespace(diverged=False)
    trainings = [SimpleNamespace(id=number, result=result) for number in numbers]
    trainings.append(SimpleNamespace(id="goes on", result=None))
    trainings.append(SimpleNamespace(id="diverged", result=SimpleNamespace(diverged=True)))
    deletions.draw(trainings, {}, {one.id: one.id for one in trainings})


def test_blocks_are_deleted_from_the_newest_training_until_another_is_chosen():
    app = AppTest.from_function(deletions_page, default_timeout=120)
    app.session_state["finished"] = 0
    assert not app.run().selectbox
    app.session_state["finished"] = 2
    assert app.run().selectbox(key="why_deleted").value == "1"
    assert app.selectbox(key="why_deleted").options == ["0", "1"]
    app.selectbox(key="why_deleted").set_value("0").run()
    assert app.run().selectbox(key="why_deleted").value == "0", "a choice stays"
    app.session_state["finished"] = 3
    assert app.run().selectbox(key="why_deleted").value == "2"
    assert not app.exception


def test_no_verdict_over_runs_that_began_elsewhere():
    assert not verdict.sentences([run(20, "none", 0.1, seed=0), run(56, "none", 1.4, seed=1)])


def going(identifier, state, step, **more):
    points = [{"step": step, "loss": 1.0, "accuracy": 0.5}] if step else []
    return SimpleNamespace(
        id=identifier, state=state, points=points, recipe=TrainingRecipe(20, "none", **more),
        seconds=30.0, position=1, owner=None, result=None,
    )  # fmt: skip


def test_the_run_that_goes_on_is_told_with_its_place_and_the_time_that_is_left():
    first, second = going("a", "done", 300), going("b", "running", 60, steps=300)
    text, share, own = runs._news([first, second], {"a": "A", "b": "B"})
    # 60 of 300 steps took 30 s, so the other 240 take 120.
    assert text == "2 of 2: B: step 60 of 300, 120 s left"
    assert (share, own) == (0.2, [])


def test_results_are_told_in_per_cent(monkeypatch):
    told = []
    monkeypatch.setattr(runs.st, "dataframe", lambda rows, **_: told.extend(rows))
    monkeypatch.setattr(runs.saving, "save", lambda files: None)
    ended = going("a", "done", 300)
    ended.result = SimpleNamespace(train_loss=0.0625, test_accuracy=0.9375)
    runs._results([ended])
    (row,) = told
    assert {"0.062", "93.8"} <= {str(value) for value in row.values()}


def test_the_four_are_two_depths_of_two_kinds(monkeypatch):
    asked = []
    monkeypatch.setattr(training, "_start", lambda **choices: asked.append(choices))
    training._start_four()
    assert asked == [
        {"depth": depth, "shortcut": shortcut}
        for depth in (20, 56)
        for shortcut in ("none", "padding")
    ], "He et al. 2015, figures 1 and 6"
