"""The page Glossary: a term by its address, a search, nonsense."""

import re

from explorer.lessons.glossary import search, terms


def text(app):
    return "\n".join(box.value for box in (*app.markdown, *app.caption, *app.info, *app.warning))


def test_all_terms_are_listed(open_app):
    app = open_app("glossary")
    assert not app.exception
    for term in terms():
        assert f"**{term.title}**" in text(app)


def test_terms_are_read_down_two_columns_of_one_length(open_app):
    titles = [term.title for term in terms()]
    boxes = [box.value for box in open_app("glossary").markdown]
    columns = [re.findall(r"^\*\*(.+?)\*\*", box, re.MULTILINE) for box in boxes]
    columns = [found for found in columns if len(found) > 1]
    assert [title for found in columns for title in found] == titles
    assert [len(found) for found in columns] == [(len(titles) + 1) // 2, len(titles) // 2]


def test_of_an_odd_number_the_first_column_has_one_more_and_both_are_counted(open_app):
    app = open_app("glossary", glossary_find="stem")
    boxes = [re.findall(r"^\*\*(.+?)\*\*", box.value, re.MULTILINE) for box in app.markdown]
    lengths = [len(found) for found in boxes if found]
    found = search("stem")
    assert len(found) % 2 == 1, "another word, if terms are added"
    assert lengths == [len(found) // 2 + 1, len(found) // 2]
    assert f"{len(found)} of {len(terms())} terms found" in text(app)


def test_a_link_names_its_term(open_app):
    app = open_app("glossary", term="receptive field")
    assert [box.value for box in app.header] == ["Receptive field"]
    assert app.selectbox(key="term").value == "receptive field"


def test_a_search_of_the_address_filters(open_app):
    app = open_app("glossary", glossary_find="memonger")
    assert "**Gradient checkpointing**" in text(app)
    assert "**Stem**" not in text(app)
    app.text_input(key="glossary_find").set_value("zzz").run()
    assert "No term holds" in text(app)


def test_a_theme_is_in_the_address(open_app):
    app = open_app("glossary", glossary_theme="batch_norm")
    assert "**Gamma**" in text(app)
    assert "**Stem**" not in text(app)


def test_nonsense_opens_the_list_and_is_named(open_app):
    app = open_app("glossary", term="<b>x", glossary_theme="?", glossary_find="")
    assert not app.exception
    assert "There is no term" in text(app)
    assert "**Stem**" in text(app)


def test_the_page_is_in_chinese(open_app):
    app = open_app("glossary", lang="zh", term="stem")
    assert [box.value for box in app.title] == ["术语表"]
    assert "**残差**" in text(app)
