"""A training watched in a real browser: it runs on through a reload, and can be cancelled."""

from streamlit.proto.BackMsg_pb2 import BackMsg


def start(visit, steps):
    page = visit.page
    field = page.get_by_label("Steps", exact=True)
    visit.open(page.get_by_text("A run of your own"), field)
    field.fill(str(steps))
    with visit.rerun():
        page.get_by_role("button", name="Train", exact=True).click()


def test_a_run_survives_a_reload_and_is_cancelled(open_page):
    visit = open_page("why_residual", {"why_part": "training"}, width=1280, height=720)
    page = visit.page
    start(visit, 2_000)
    # It is started below its chart, and led back to it.
    visit.until(
        """() => { const box = document.querySelector('.st-key-why_loss').getBoundingClientRect();
             return box.top >= 0 && box.bottom <= innerHeight }"""
    )
    page.get_by_text("of 2000").wait_for()
    page.wait_for_url("**why_runs=*")
    before = visit.runs.script
    page.reload()
    visit._wait_until(lambda: visit.runs.script > before)
    page.get_by_text("of 2000").wait_for()
    page.get_by_role("link", name="Parameters").click()
    page.get_by_role("heading", name="Parameters").first.wait_for()
    page.get_by_role("link", name="Why residual").click()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.wait_for()
    cancel.click()
    cancel.wait_for(state="detached")
    page.get_by_text("cancelled").first.wait_for(state="attached")
    assert not visit.exceptions()
    assert not visit.console_errors()
    assert not visit.foreign_requests()


def test_five_sessions_share_the_queue(open_page):
    """One training at a time: each visitor sees their place, and gets their own result."""
    visits = [open_page("why_residual", {"why_part": "training"}) for _ in range(5)]
    first, *others = visits
    start(first, 2_000)
    first.page.get_by_text("of 2000").wait_for()
    for place, visit in enumerate(others, 1):
        start(visit, 10)
        visit.page.get_by_text(f"waiting, {place} before it in the queue").wait_for()
    first.page.get_by_role("button", name="Cancel").click()
    first.page.get_by_text("cancelled").first.wait_for(state="attached")
    for visit in others:
        visit.page.get_by_text("done", exact=True).first.wait_for(state="attached")
    runs = {visit.page.url.partition("why_runs=")[2].partition("&")[0] for visit in visits}
    assert len(runs) == 5
    for visit in visits:
        assert not visit.exceptions()
        assert not visit.console_errors()


def test_who_goes_on_at_once_still_owns_their_run(open_page):
    """What the browser tells of the visitor is lost with the page that they leave at once; they
    tell it again when they come back, and can cancel."""
    visit = open_page("why_residual", {"why_part": "training"})
    page = visit.page
    start(visit, 2_000)
    page.get_by_text("of 2000").wait_for()
    lost, back = [], []

    def between(browser):
        server = browser.connect_to_server()

        def on(data):
            message = BackMsg.FromString(data)
            states = message.rerun_script.widget_states.widgets
            told = [state for state in states if "kept_why_visitor" in state.id]
            if told and not back:
                lost.extend(told)
                for state in told:
                    states.remove(state)
                data = message.SerializeToString()
            server.send(data)

        browser.on_message(on)

    page.route_web_socket("**/_stcore/stream", between)
    page.reload()
    page.get_by_text("of 2000").wait_for()
    visit._wait_until(lambda: lost)
    page.get_by_role("link", name="Parameters").click()
    page.get_by_role("heading", name="Parameters").first.wait_for()
    visit.wait_idle()
    back.append(True)
    page.get_by_role("link", name="Why residual").click()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.click()
    cancel.wait_for(state="detached")
