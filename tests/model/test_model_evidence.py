"""Joining records into connections by their socket pairs."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.evidence import Evidence, HttpSeen, Purpose, TlsSeen, join

CLIENT = ("127.1.0.1", 40000)
PROXY = ("127.0.0.1", 3128)
ONWARD = ("127.1.0.1", 40001)
CLOUD = ("127.0.0.1", 443)
NAME = "x.cp.wd.microsoft.com"


def _agent(step, number, **fields):
    return Evidence(
        observer="agent", step=step, local=CLIENT, peer=PROXY, name=NAME, purpose=Purpose.AGENT, id=number, **fields
    )


def _hop(step, number, **fields):
    return Evidence(
        observer="corp-proxy", step=step, local=PROXY, peer=CLIENT, onward=(ONWARD, CLOUD), id=number, **fields
    )


def _cloud(step, number, **fields):
    return Evidence(observer="cloud", step=step, local=CLOUD, peer=ONWARD, id=number, **fields)


def _whole(first: int = 1) -> list[Evidence]:
    return [
        _agent("tcp", first),
        _hop("tunnel", first + 1, connect_status=200),
        _agent("tunnel", first + 2, connect_status=200),
        _cloud("tls", first + 3, tls=TlsSeen(outcome="established")),
        _agent("tls", first + 4, tls=TlsSeen(outcome="established")),
        _cloud("http", first + 5, http=HttpSeen(method="GET", path="/ping", status=200)),
        _agent("http", first + 6, http=HttpSeen(method="GET", path="/ping", status=200)),
    ]


def test_client_hop_and_cloud_are_one_connection():
    (connection,) = join(_whole())

    assert connection.id == 1
    assert connection.observers == ["agent", "corp-proxy", "cloud"]
    assert connection.name == NAME
    assert connection.purpose is Purpose.AGENT
    assert len(connection.of("cloud")) == 2


def test_a_hop_that_tells_its_onward_leg_late_still_joins_the_cloud_s_later_records():
    early = msgspec.structs.replace(_hop("tunnel", 2), onward=None)
    (connection,) = join([_agent("tcp", 1), early, _hop("tunnel", 3), _cloud("tls", 4)])

    assert connection.observers == ["agent", "corp-proxy", "cloud"]


def test_a_port_that_is_used_again_starts_a_new_connection():
    first, second = join(_whole(1) + _whole(10))

    assert (first.id, second.id) == (1, 10)
    assert len(first.records) == len(second.records) == 7


def test_what_a_hop_says_before_the_client_s_own_record_belongs_to_the_same_connection():
    (connection,) = join([_hop("tunnel", 1), _agent("tcp", 2), _agent("tunnel", 3)])

    assert connection.observers == ["corp-proxy", "agent"]


def test_a_name_that_was_looked_up_is_a_connection_of_its_own():
    lookup = Evidence(observer="dns", step="dns", name="nowhere.example", error="NXDOMAIN", id=1, address="127.1.0.1")

    assert [connection.name for connection in join([lookup, *_whole(2)])] == ["nowhere.example", NAME]


def test_two_clients_of_one_proxy_are_two_connections():
    other = [msgspec.structs.replace(record, local=("127.1.0.2", 40000), id=9) for record in [_agent("tcp", 9)]]

    assert len(join(_whole() + other)) == 2


def test_nothing_joins_to_nothing():
    assert join([]) == []


_ADDRESSES = st.one_of(st.none(), st.sampled_from([CLIENT, PROXY, ONWARD, CLOUD]))
_ANY = st.builds(
    Evidence,
    observer=st.sampled_from(["agent", "corp-proxy", "cloud", "dns"]),
    step=st.sampled_from(["dns", "tcp", "tunnel", "tls", "http"]),
    local=_ADDRESSES,
    peer=_ADDRESSES,
    onward=st.one_of(st.none(), st.tuples(st.sampled_from([ONWARD, CLIENT]), st.just(CLOUD))),
    purpose=st.one_of(st.none(), st.sampled_from(Purpose)),
)


@given(st.lists(_ANY, max_size=20))
def test_every_record_is_in_exactly_one_connection_and_in_its_order(records):
    numbered = [msgspec.structs.replace(record, id=number) for number, record in enumerate(records, 1)]
    connections = join(numbered)

    assert sorted(record.id for connection in connections for record in connection.records) == list(
        range(1, len(records) + 1)
    )
    for connection in connections:
        assert [record.id for record in connection.records] == sorted(record.id for record in connection.records)


@given(st.lists(_ANY, max_size=10))
def test_records_travel_as_json_and_come_back_the_same(records):
    assert msgspec.json.decode(msgspec.json.encode(records), type=list[Evidence]) == records
