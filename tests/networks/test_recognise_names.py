"""Names of many layers: which begin alike, and what asking a thousand of them costs."""

import time

from hypothesis import given
from hypothesis import strategies as st

from explorer.networks.recognise import recognise
from explorer.networks.recognise.norms import _alike, _Nearest
from tests.networks.authors import SMALL, akamaster, layered, plain_names, saved

NAMES = st.text("ab.1", max_size=6)


@given(st.lists(NAMES, min_size=1, max_size=9), NAMES)
def test_the_name_that_begins_most_like_another_is_found(names: list[str], name: str) -> None:
    wanted = max(range(len(names)), key=lambda place: _alike(name, names[place]))
    assert _Nearest(names).to(name) == wanted


def test_a_deep_network_is_recognised_in_time_that_grows_with_its_layers() -> None:
    """akamaster's has up to 1,202 of them: 200 blocks a stage took 10 s of the processor while each
    norm's name was held against each convolution's. Three times as many blocks took 6.3 times as
    long then, and take 3.5 times as long now."""

    def seconds(blocks: int) -> float:
        file = saved(akamaster(layered(plain_names("shortcut", "both"), SMALL, (blocks,) * 3)))
        found = []
        for _ in range(3):
            begun = time.process_time()
            assert recognise(file, "model.th").spec.depths == (blocks,) * 3
            found.append(time.process_time() - begun)
        return min(found)

    assert seconds(90) < 5 * seconds(30)
