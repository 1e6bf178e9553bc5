"""The whole app in AppTest, as in tests/pages."""

from tests.pages.conftest import open_app

__all__ = ["open_app"]
