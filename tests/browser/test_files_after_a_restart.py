"""A browser that comes back to a server that has been started anew lists no file of before."""

from tests.browser.test_inference import png, upload


def test_an_uploader_lists_no_file_that_the_server_lost(open_page, fresh_server):
    server = fresh_server()
    visit = open_page("inference", {"net": "resnet20", "infer_from": "upload"}, base_url=server.url)
    upload(visit, "mine.png", png())
    listed = visit.page.get_by_test_id("stFileUploader").get_by_text("mine.png")
    listed.first.wait_for()
    server.stop()
    visit.wait_cut_off()
    server.start()
    visit.wait_idle()
    # Any click: the first run of the new session tells what it has.
    visit.page.get_by_role("radio", name="gallery").or_(
        visit.page.get_by_text("Grad-CAM", exact=True)
    ).first.click()
    visit.page.get_by_text("Until you upload one, the sample is shown").first.wait_for()
    visit.wait_idle()
    assert listed.count() == 0
    upload(visit, "again.png", png())
    visit.page.get_by_test_id("stFileUploader").get_by_text("again.png").first.wait_for()
    assert visit.exceptions() == []
