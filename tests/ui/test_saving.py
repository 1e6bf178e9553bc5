"""Files that are saved say what they are."""

import mimetypes

from explorer.ui import saving


def test_each_kind_of_file_is_what_its_ending_says():
    for ending, kind in saving._MIME.items():
        assert mimetypes.guess_type(f"a.{ending}")[0] == kind
