"""Shape trace: one image on its way through the network, op by op, checked on a real pass."""

from explorer.architecture import blueprint
from explorer.ui import frame, picker, player_back, trace_tabs, tracing
from explorer.ui.compare_link import compare_link
from explorer.ui.player import go, player
from explorer.words import label, section

choice = picker.current()
bp = blueprint(choice.spec, choice.image_size)

frame.title(label("trace.title", title=choice.title))
trace = tracing.badge(choice)
player(bp, choice.title, lambda op: player_back.draw(choice, bp, op, go), trace)
frame.caption(section("shape_trace", "introduction"))
compare_link(choice)
trace_tabs.tabs(bp, choice, trace)
