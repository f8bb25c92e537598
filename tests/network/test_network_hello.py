"""The name in the first bytes of a connection, as clients of other hands write them."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.network.hello import is_whole, name_in


def _client_hello(name: str) -> bytes:
    """What OpenSSL sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_the_name_of_openssls_hello_is_read():
    assert name_in(_client_hello("x.cp.wd.microsoft.com")) == "x.cp.wd.microsoft.com"


def test_the_name_of_a_plain_request_is_read():
    assert name_in(b"GET /pki HTTP/1.1\r\nHOST: CRL.microsoft.com:80\r\n\r\n") == "crl.microsoft.com"


def test_a_hello_is_whole_at_its_last_byte_and_not_before():
    hello = _client_hello("go.microsoft.com")

    assert is_whole(hello)
    assert not any(is_whole(hello[:end]) for end in range(len(hello)))


@given(st.binary(max_size=300), st.integers(0, 600))
def test_no_bytes_break_the_reader(garbage, cut):
    for data in (garbage, b"\x16" + garbage, _HELLO[:cut] + garbage):
        assert isinstance(name_in(data), str)
        assert is_whole(data) in (True, False)


_HELLO = _client_hello("go.microsoft.com")
