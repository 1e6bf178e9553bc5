"""A training watched in a real browser: it runs on through a reload, and can be cancelled."""


def start(visit, steps):
    page = visit.page
    page.get_by_label("Steps", exact=True).fill(str(steps))
    with visit.rerun("script"):
        page.get_by_role("button", name="Train", exact=True).click()


def test_a_run_survives_a_reload_and_is_cancelled(open_page):
    visit = open_page("why_residual", {"why_part": "Training"}, width=1440)
    page = visit.page
    start(visit, 2_000)
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
