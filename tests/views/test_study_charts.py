"""Published studies: one colour for what is residual, and numbers off the lines."""

from explorer.architecture.studies import BY_DEPTH, PLAIN_OR_RESIDUAL, STUDIES
from explorer.views import palette
from explorer.views.study_charts import study_chart, told


def test_the_residual_network_has_its_one_colour_beside_the_plain_one():
    plain, residual = study_chart(PLAIN_OR_RESIDUAL).data
    assert plain.marker.color == palette.chart_colour(palette.network_slot(True))
    assert residual.marker.color == palette.chart_colour(palette.network_slot(False))


def test_every_depth_with_a_point_has_a_tick_and_neighbours_stand_in_two_rows():
    figure = study_chart(BY_DEPTH)
    shown = dict(zip(figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext, strict=True))
    assert shown.keys() == {depth for line in figure.data for depth in line.x}
    assert shown[44].startswith("<br>") != shown[56].startswith("<br>")
    assert shown[1001].startswith("<br>") != shown[1202].startswith("<br>")


def test_numbers_stand_beside_the_lines():
    """7.61 rises from the left, 5.93 lies in a valley above another line, 6.37 begins to fall."""
    post, post_bottlenecks, pre, _ = study_chart(BY_DEPTH).data
    where = dict(zip(post_bottlenecks.x, post_bottlenecks.textposition, strict=True))
    assert (where[1001], where[164]) == ("top left", "bottom right")
    where = dict(zip(post.x, post.textposition, strict=True))
    assert (where[32], where[44]) == ("top right", "bottom left")
    assert dict(zip(pre.x, pre.textposition, strict=True))[110] == "bottom left"


def test_no_line_joins_networks_of_two_kinds_of_blocks():
    """He et al. 2016, section 4.1: the networks of 164 and 1001 layers have bottlenecks."""
    bottlenecks = {164, 1001}
    lines = study_chart(BY_DEPTH).data
    for line in lines:
        assert set(line.x) <= bottlenecks or not set(line.x) & bottlenecks
        assert line.marker.symbol == ("square" if set(line.x) <= bottlenecks else "circle")
        assert ("bottlenecks" in line.hovertemplate) == (set(line.x) <= bottlenecks)
    post, post_bottlenecks, pre, pre_bottlenecks = lines
    assert post.line.color == post_bottlenecks.line.color != pre.line.color
    assert [line.name for line in lines if line.showlegend] == [post.name, pre.name]
    assert dict(zip(post.x, post.y, strict=True))[1202] == 7.93
    assert dict(zip(pre_bottlenecks.x, pre_bottlenecks.y, strict=True)) == {164: 5.46, 1001: 4.92}


def test_a_table_is_told_with_all_its_figures():
    for study in STUDIES:
        said = told(study)
        assert said.startswith(study.metric)
        for error in (error for errors in study.rows.values() for error in errors):
            assert error is None or f"{error:.2f}" in said
    assert "8.75 (at 20 layers)" in told(BY_DEPTH)
    assert "27.94 (18 layers) and 28.54 (34 layers)" in told(PLAIN_OR_RESIDUAL)


def test_a_training_that_failed_is_told():
    shortcuts = next(study for study in STUDIES if study.id == "shortcuts")
    failed = sum(errors == (None,) for errors in shortcuts.rows.values())
    assert failed and told(shortcuts).count("fails") == failed
