"""The sidebar and the URL: every network can be chosen, and nothing that is typed breaks a page."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from explorer.architecture import FAMILIES, PRESETS, blueprint, preset
from explorer.ui import picker
from explorer.words import label

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def only_the_frame(monkeypatch):
    """Pages have tests of their own; here a page costs nothing."""
    monkeypatch.setattr(StreamlitPage, "run", lambda self: None)


def choice(app):
    return app.session_state["choice"]


def choose(app, key, value):
    """Choose in the sidebar, as a visitor does: what is not on screen is under 'Customise'."""

    def found():
        return (c for c in (*app.selectbox, *app.text_input) if c.key == key)

    if not next(found(), None):
        app.session_state[picker.CUSTOMISE] = True
        app.run()
    control = next(found())
    control.set_value(value).run()
    assert_whole(app)
    return app


def assert_whole(app):
    assert not app.exception, [box.message for box in app.exception]


def said(app):
    """Every complaint in the page, and that of the control it concerns."""
    return [box.value for box in (*app.warning, *app.error)]


# --- choosing -----------------------------------------------------------------------------------


def test_the_first_visit_shows_resnet18(open_app):
    app = open_app()
    assert_whole(app)
    assert said(app) == []
    found = choice(app)
    assert (found.name, found.image_size, found.device) == ("resnet18", 224, "auto")
    assert found.spec == preset("resnet18")


def test_every_preset_can_be_chosen(open_app):
    app = open_app()
    seen = []
    for family in FAMILIES:
        choose(app, "family", family)
        control = app.sidebar.selectbox(key="net")
        for title in control.options:
            choose(app, "net", title)
            found = choice(app)
            entry = PRESETS[found.name]
            assert (entry.title, entry.family) == (title, family)
            assert (found.spec, found.image_size) == (entry.spec, entry.image_size)
            assert not found.customised
            assert said(app) == []
            seen.append(found.name)
    assert sorted(seen) == sorted(PRESETS)


def test_a_family_starts_with_its_first_network(open_app):
    app = open_app(net="resnet152")
    for family in (*FAMILIES[1:], picker.CUSTOM, "imagenet"):
        choose(app, "family", family)
        assert app.sidebar.selectbox(key="net").value == choice(app).name
    assert choice(app).name == "resnet18"


FIELDS = {
    "block": ("bottleneck", "bottleneck"),
    "depths": ("3, 4, 6, 3", (3, 4, 6, 3)),
    "widths": ("16 32 64 128", (16, 32, 64, 128)),
    "stem": ("cifar", "cifar"),
    "activation_order": ("pre", "pre"),
    "stride_on": ("1x1", "1x1"),
    "shortcut": ("padding", "padding"),
    "norm_on_projection": ("no", False),
    "norm": ("none", "none"),
    "conv_bias": ("yes", True),
    "in_channels": ("1", 1),
    "num_classes": ("10", 10),
}


@pytest.mark.parametrize("field", FIELDS)
def test_one_field_is_customised_and_taken_back(open_app, field):
    typed, value = FIELDS[field]
    app = choose(open_app(), field, typed)
    expected = replace(preset("resnet18"), **{field: value})
    assert choice(app).spec == expected
    assert choice(app).customised
    assert choice(app).title == "ResNet-18, customised"
    assert choice(app).name == "resnet18"
    back = next(button for button in app.button if button.label == "Back to the named network")
    back.click().run()
    assert_whole(app)
    assert choice(app).spec == preset("resnet18")
    assert choice(app).title == "ResNet-18"
    assert "Back to the named network" not in [button.label for button in app.button]


@pytest.mark.parametrize("field", FIELDS)
def test_one_field_comes_from_the_url(open_app, field):
    typed, value = FIELDS[field]
    app = open_app("shortcuts", net="resnet34", **{field: typed})
    assert_whole(app)
    assert said(app) == []
    assert choice(app).spec == replace(preset("resnet34"), **{field: value})
    assert app.expander[0].proto.expanded
    assert "Back to the named network" in [button.label for button in app.button]


def test_groups_need_bottlenecks(open_app):
    app = open_app(net="resnet50", groups="32", width_per_group="4")
    assert choice(app).spec == preset("resnext50_32x4d")
    assert choice(app).title == "ResNet-50, customised"


def test_every_field_at_once(open_app):
    link = {name: typed for name, (typed, _) in FIELDS.items()}
    app = open_app(net="custom", image_size="65", device="cpu", groups="2", **link)
    assert_whole(app)
    assert said(app) == []
    values = {name: value for name, (_, value) in FIELDS.items()}
    assert choice(app).spec == replace(preset("resnet18"), groups=2, **values)
    assert (choice(app).image_size, choice(app).device) == (65, "cpu")
    assert choice(app).title == "Custom network, customised"


def test_the_value_that_a_network_has_anyway_is_no_change(open_app):
    app = choose(open_app(), "shortcut", "projection")
    assert not choice(app).customised
    assert choice(app).title == "ResNet-18"


def test_another_network_takes_the_changes_back(open_app):
    app = open_app(net="resnet50", depths="1, 1, 1, 1", image_size="64")
    assert choice(app).customised
    choose(app, "net", "ResNet-101")
    assert choice(app).spec == preset("resnet101")
    assert choice(app).image_size == 224


def test_switching_by_a_button_of_a_page(open_app, monkeypatch):
    def page(self):
        st.button("To ResNet-1202", key="switch", on_click=picker.switch_to, args=("resnet1202",))

    monkeypatch.setattr(StreamlitPage, "run", page)
    app = open_app(net="resnet50", depths="1, 1, 1, 1")
    app.button(key="switch").click().run()
    assert_whole(app)
    assert choice(app).spec == preset("resnet1202")
    assert not choice(app).customised


# --- combinations that cannot be ----------------------------------------------------------------

IMPOSSIBLE = [
    (
        {"groups": "32"},
        "resnet18",
        "**Width per group, channels** = 64 need **Block** = 'bot",
    ),
    ({"depths": "3, 4, 6"}, "resnet50", "**Blocks per stage** = (3, 4, 6) names 3 stages"),
    (
        {"depths": "0, 1, 1, 1"},
        "resnet18",
        "**Blocks per stage** = 0 must be a whole number",
    ),
    ({"depths": "999, 1, 1, 1"}, "resnet18", "at most 1,000 are allowed"),
    ({"widths": "8193,8192,8192,8192"}, "resnet50", "a whole number from 1 to 8,192"),
    (
        {"image_size": "31"},
        "resnet18",
        "**Image size, pixels** = 31 must be a whole number",
    ),
    ({"image_size": "4097"}, "resnet18", "to 4,096 pixels"),
    ({"image_size": "0"}, "resnet18", "**Image size, pixels** = 0 must be"),
    ({"groups": "0"}, "resnet50", "**Groups** = 0 must be a whole number from 1"),
    ({"num_classes": "100001"}, "resnet50", "**Classes** = 100001 must be"),
]


@pytest.mark.parametrize(("link", "name", "words"), IMPOSSIBLE, ids=[w for *_, w in IMPOSSIBLE])
def test_an_impossible_link_shows_the_named_network(open_app, link, name, words):
    app = open_app("parameters", net=name, **link)
    assert_whole(app)
    assert words in app.warning[0].value
    assert len(app.warning) == len(app.error) == 1, "once in the page, once at the control"
    assert app.warning[0].value.endswith(f"{PRESETS[name].title} stays on screen.")
    assert choice(app).spec == preset(name)
    assert choice(app).image_size == PRESETS[name].image_size


@pytest.mark.parametrize(
    ("link", "name", "words", "left"),
    [
        (
            {"widths": "512 256 128 64", "shortcut": "padding"},
            "resnet18",
            "**Shortcut** = 'padding'",
            {"widths": (512, 256, 128, 64)},
        ),
        (
            {"width_per_group": "1", "widths": "8,16,32,64"},
            "resnet50",
            "leaves no channel",
            {"widths": (8, 16, 32, 64)},
        ),
        (
            {"num_classes": "10", "depths": "x", "groups": "0"},
            "resnet50",
            "**Blocks per stage** = `'x'`",
            {"num_classes": 10},
        ),
        (
            {"width_per_group": "128", "num_classes": "10"},
            "resnet18",
            "**Width per group, channels** = 128",
            {"num_classes": 10},
        ),
        (
            {"widths": "64, 128, 256", "conv_bias": "yes"},
            "resnet18",
            "names 3; both need",
            {"conv_bias": True},
        ),
    ],
)
def test_what_else_a_link_says_is_kept(open_app, link, name, words, left):
    app = open_app("parameters", net=name, **link)
    assert_whole(app)
    assert words in app.warning[0].value
    assert app.warning[0].value.endswith(f"{PRESETS[name].title}, customised stays on screen.")
    assert choice(app).spec == replace(preset(name), **left)


def test_an_impossible_change_keeps_the_last_good_network(open_app):
    app = choose(open_app(net="resnet50"), "depths", "1, 2, 3, 4")
    good = choice(app)
    choose(app, "depths", "1, 2, 3")
    assert choice(app) == good
    assert "names 3 stages" in app.error[0].value
    assert "ResNet-50, customised stays on screen" in app.warning[0].value
    choose(app, "device", "cpu")
    assert choice(app) == replace(good, device="cpu"), "the device is still followed"
    choose(app, "widths", "8, 16, 32")
    assert said(app) == []
    assert choice(app).spec.depths == (1, 2, 3)


def test_the_complaint_stands_at_its_control(open_app):
    """The error follows the field it names in the sidebar, also in the closed expander."""
    app = open_app(net="resnet18", image_size="5")
    elements = [element for element in app.sidebar if element.type in ("selectbox", "error")]
    at = next(i for i, element in enumerate(elements) if element.type == "error")
    assert elements[at - 1].key == "image_size"
    app = open_app(net="resnet50", depths="1, 2")
    inside = list(app.expander[0].children.values())
    at = next(i for i, element in enumerate(inside) if getattr(element, "key", None) == "depths")
    assert [box.value for box in inside[at + 1].error] == [box.value for box in app.error]
    assert len(app.error) == 1


def test_a_visitors_words_are_not_taken_for_fields(open_app):
    app = open_app(net="resnet50", depths="groups=2, image_size=3")
    assert_whole(app)
    start = "**Blocks per stage** = `'groups=2, image_size=3'` must be whole numbers"
    assert app.warning[0].value.startswith(start)


# --- links that make no sense -------------------------------------------------------------------

HOSTILE = [
    "-1",
    "1e9",
    "NaN",
    "inf",
    "5.5",
    "٣",
    "²",
    "--5",
    "+5",
    "0x20",
    "1_000",
    "9" * 400,
    "x" * 20_000,
    "🦆",
    "<script>alert(1)</script>",
    "![x](http://example.org/a.png)",
    "[here](http://example.org)",
    "$x$ :smile: :red[x] `a`",
    "'\"\\",
    "\x00",
    "a\nb",
    "# large\n\n---\n",
    "{spec}",
    "%s",
    "None",
    "true",
    "../../etc/passwd",
]
# fmt: off
FAMILY_TITLES = [
    "ImageNet", "ImageNet v1", "CIFAR", "Pre-activation", "Plain", "Teaching", "Custom",
]
# fmt: on
EVERYWHERE = ["family", "net", "device", "image_size", "groups", "num_classes", *FIELDS]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:24])
def test_hostile_values_in_every_place_at_once(open_app, value):
    app = open_app("shortcuts", **dict.fromkeys(EVERYWHERE, value))
    assert_whole(app)
    assert choice(app).spec == preset("resnet18")
    assert choice(app).image_size == 224
    assert len(app.warning) == len(set(said(app)) - {app.error[0].value}) > 10
    assert all(harmless(sentence) for sentence in said(app))


@pytest.mark.parametrize("field", dict.fromkeys(EVERYWHERE))
def test_a_hostile_value_costs_one_sentence(open_app, field):
    for value in ("1e9", "x" * 20_000, "![x](http://example.org/a.png)"):
        app = open_app(**{"net": "resnet50", field: value})
        assert_whole(app)
        assert choice(app).spec == preset("resnet18" if field == "net" else "resnet50")
        assert len(app.warning) == 1, said(app)
        labels = [box.label for box in (*app.selectbox, *app.text_input) if box.key == field]
        assert any(name in app.warning[0].value for name in (field, *labels)) or field == "net"
        assert harmless(app.warning[0].value)


def harmless(sentence):
    """One short line that shows what was typed as code; nothing of it is outside."""
    outside = re.sub(r"(`+)[^`](.|[^`]`+[^`])*?\1(?!`)", "", sentence)
    return (
        "`" in sentence
        and len(sentence) < 300
        and "\n" not in sentence
        and not re.search(r"[<$\[`]|example", outside)
    )


@pytest.mark.parametrize("field", EVERYWHERE)
def test_empty_values_are_no_values(open_app, field):
    app = open_app(**{"net": "resnet50", field: ""})
    assert_whole(app)
    assert choice(app).spec in (preset("resnet50"), preset("resnet18"))


def test_numbers_as_people_type_them(open_app):
    for typed in ("3,4,6,3", "3 4 6 3", " 3,  4 ,6, 3 ", "3,4,6,3,", "03, 4, 6, 3"):
        assert choice(open_app(net="resnet18", depths=typed)).spec.depths == (3, 4, 6, 3)
    assert choice(open_app(net="resnet18", image_size=" 64 ")).image_size == 64


def test_all_wrong_at_once(open_app):
    app = open_app(**dict.fromkeys(EVERYWHERE, "nonsense"), unknown="parameter")
    assert_whole(app)
    assert choice(app).spec == preset("resnet18")
    assert len(said(app)) == len(set(said(app)))


def test_a_network_by_its_id_by_its_title_and_in_the_wrong_family(open_app):
    for link in (
        {"net": "resnet110"},
        {"net": "ResNet-110"},
        {"net": "ResNet-110", "family": "CIFAR"},
        {"net": "resnet110", "family": "ImageNet"},
    ):
        app = open_app(**link)
        assert said(app) == []
        assert choice(app).name == "resnet110"
        assert choice(app).image_size == 32
    assert choice(open_app(family="CIFAR")).name == "resnet20"


def test_the_family_follows_a_link_and_a_choice_follows_the_family(open_app):
    app = open_app(net="resnet110")
    control = app.sidebar.selectbox(key="net")
    assert app.sidebar.selectbox(key="family").value == "cifar"
    assert control.value == "resnet110"
    assert control.options[:2] == ["ResNet-20", "ResNet-32"]
    choose(app, "net", "ResNet-56")
    assert choice(app).name == "resnet56"


def test_complaints_last_until_something_is_chosen(open_app):
    """A page may rerun by itself, so one run is too short to read a sentence."""
    app = open_app(net="resnet51", device="tpu")
    first = said(app)
    assert len(first) == 2
    app.run()
    assert said(app) == first
    choose(app, "net", "ResNet-50")
    assert said(app) == []
    app.run()
    assert said(app) == []


def test_reruns_do_not_take_over_the_url_again(open_app):
    app = open_app(net="resnet50")
    choose(app, "net", "ResNet-101")
    app.query_params["net"] = "resnet50"
    app.run()
    assert_whole(app)
    assert choice(app).name == "resnet101", "a click may come with the address of before"


def test_an_address_that_is_new_is_followed(open_app):
    app = open_app(net="resnet50")
    app.query_params["net"] = "resnet18"
    app.run()
    assert_whole(app)
    assert choice(app).name == "resnet18"


@pytest.mark.parametrize("family", [*FAMILIES, *FAMILY_TITLES])
def test_a_link_of_before_that_names_a_family_only(open_app, family):
    """The first network of a family was left out of the address; families were titles."""
    app = open_app(family=family)
    assert said(app) == []
    titles = app.sidebar.selectbox(key="net").options
    assert choice(app).title == titles[0]


def test_the_screen_shows_titles_where_the_link_has_ids(open_app):
    control = open_app(net="resnext50_32x4d").sidebar.selectbox(key="net")
    assert control.value == "resnext50_32x4d"
    assert control.proto.raw_value == "ResNeXt-50 32x4d"
    assert not set(control.options) & set(PRESETS)


def test_numbers_that_are_not_in_the_lists(open_app):
    app = open_app(net="resnet50", num_classes="37", image_size="225", in_channels="11")
    assert said(app) == []
    assert (choice(app).spec.num_classes, choice(app).spec.in_channels) == (37, 11)
    assert choice(app).image_size == 225


def test_every_choice_can_be_built(open_app):
    """What the sidebar accepts, the pages need not check again."""
    app = open_app(net="preact_resnet50", image_size="33", widths="8,8,16,16", groups="2")
    found = choice(app)
    assert blueprint(found.spec, found.image_size).params > 0


def test_the_list_of_pages_is_the_folder(open_app):
    """Every file in pages/ is in the navigation, and its address is its name."""
    from explorer.ui import navigation

    listed = {entry.path for entries in navigation.GROUPS.values() for entry in entries}
    assert listed == {path.stem for path in ROOT.glob("pages/*.py")}
    for path in ROOT.glob("pages/*.py"):
        text = path.read_text(encoding="utf-8")
        assert "picker.current()" in text or "\nbody(draw)\n" in text, "app.py is not asked for"


@pytest.mark.parametrize(("page", "following"), [("", "lesson"), ("quiz", "questions")])
def test_the_foot_of_a_page_leads_to_the_next(open_app, page, following):
    app = open_app(page, net="resnet34")
    (link,) = (box.proto for box in app.get("page_link") if box.proto.label.startswith("Next: "))
    assert link.label == "Next: " + label(f"page.{following}")
    assert (link.page, link.query_string) == (following, "net=resnet34")


@pytest.mark.parametrize(
    ("page", "query"), [("glossary", {}), ("shortcuts", {"lesson": "solid-and-dashed"})]
)
def test_the_last_page_and_a_lesson_have_no_such_link(open_app, page, query):
    app = open_app(page, **query)
    labels = [box.proto.label for box in app.get("page_link")]
    assert len(labels) > 10 and not any(text.startswith("Next: ") for text in labels)


def test_the_list_of_pages_is_told_again_as_streamlit_tells_it(open_app, monkeypatch):
    said, asked = [], []
    enqueue, navigation = ScriptRunContext.enqueue, st.navigation

    def heard(context, message):
        if message.HasField("navigation"):
            said.append(message.navigation)
        enqueue(context, message)

    def told(*pages, **options):
        asked.append(pages)
        return navigation(*pages, **options)

    monkeypatch.setattr(ScriptRunContext, "enqueue", heard)
    monkeypatch.setattr(st, "navigation", told)
    app = open_app("lesson")
    app.run()
    app.switch_page("pages/quiz.py").run()
    app.switch_page("pages/lesson.py").run()
    assert_whole(app)
    assert len(asked) == 1
    first, again, quiz, back = said
    assert first == again == back
    assert quiz.app_pages == first.app_pages
    paths = {page.page_script_hash: page.url_pathname for page in first.app_pages}
    assert [paths[one.page_script_hash] for one in said] == ["lesson", "lesson", "quiz", "lesson"]
    # Pages are made anew in another language, in which they are called differently.
    del app.session_state["pages"]
    app.run()
    assert len(asked) == 2
    assert said[-1] == first
    open_app("lesson", lang="zh")
    assert len(asked) == 3
    assert said[-1].app_pages[1].page_name != first.app_pages[1].page_name


def logos():
    """A page that tells what Streamlit's own logo and ours say."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from explorer.ui import frame

    said, context = [], get_script_run_ctx()
    context.enqueue = lambda message: said.append(
        message.logo.SerializeToString(deterministic=True)
    )
    try:
        frame.logo()
        st.logo(frame._LOGO, size="large")
    finally:
        del context.enqueue
    st.session_state["said"] = said


def test_the_logo_is_what_streamlit_says():
    app = AppTest.from_function(logos, default_timeout=120).run()
    assert_whole(app)
    ours, streamlits = app.session_state["said"]
    assert ours == streamlits
    assert b"data:image/svg+xml;base64," in ours
