import gzip

from hypothesis import given
from hypothesis import strategies as st

from common.runtime.gzipping import GzipBeginning


@given(st.binary(max_size=5000), st.binary(max_size=5000), st.lists(st.binary(max_size=500), min_size=1, max_size=3))
def test_each_end_completes_the_shared_beginning(plain, picture, tails):
    beginning = GzipBeginning.of(plain, picture)
    assert [gzip.decompress(beginning.append_end(tail)) for tail in tails] == [plain + picture + tail for tail in tails]


def test_the_beginning_is_compressed():
    assert len(GzipBeginning.of(b"close" * 10_000).append_end(b"tail")) < 1000
