"""The OData subset: what it selects, and that nothing else than ODataError comes out of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.cloud.mde_api.odata import MOST_ROWS, ODataError, compile_filter, page

PROPERTIES = frozenset(("healthStatus", "computerDnsName", "lastSeen", "machineTags", "aadDeviceId", "rbacGroupId"))
ROWS = [
    {"healthStatus": "Active", "computerDnsName": "lin-1.corp", "lastSeen": "2026-01-05T09:00:00.0000000Z",
     "machineTags": ["a", "it's"], "aadDeviceId": None, "rbacGroupId": 0},
    {"healthStatus": "Inactive", "computerDnsName": "lin-2.corp", "lastSeen": "2026-01-13T09:00:00.1234567Z",
     "machineTags": [], "aadDeviceId": "x", "rbacGroupId": 7},
]  # fmt: skip


def chosen(text: str) -> list[int]:
    test = compile_filter(text, PROPERTIES)
    return [number for number, row in enumerate(ROWS, 1) if test(row)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("healthStatus eq 'Active'", [1]),
        ("HEALTHSTATUS eq 'Active'", [1]),
        ("healthStatus ne 'Active'", [2]),
        ("not healthStatus eq 'Active'", [2]),
        ("healthStatus eq 'Active' or healthStatus eq 'Inactive'", [1, 2]),
        ("healthStatus eq 'Active' and rbacGroupId eq 7", []),
        ("rbacGroupId eq 7 or healthStatus eq 'Active' and rbacGroupId eq 0", [1, 2]),
        ("(rbacGroupId eq 7 or healthStatus eq 'Active') and rbacGroupId eq 0", [1]),
        ("startswith(computerDnsName,'lin-')", [1, 2]),
        ("startswith(computerDnsName, 'LIN-2')", [2]),
        ("endswith(computerDnsName,'1.corp')", [1]),
        ("contains(computerDnsName,'-2')", [2]),
        ("lastSeen gt 2026-01-05", [1, 2]),
        ("lastSeen gt 2026-01-06Z", [2]),
        ("lastSeen ge 2026-01-05T09:00:00Z", [1, 2]),
        ("lastSeen gt 2026-01-05T09:00:00.0000000Z", [2]),
        ("lastSeen lt 2026-01-05T10:00:00+01:00", []),
        ("lastSeen le 2026-01-05T10:00:00+01:00", [1]),
        ("machineTags/any(tag: tag eq 'it''s')", [1]),
        ("machineTags/any(t:t eq 'b')", []),
        ("aadDeviceId eq null", [1]),
        ("aadDeviceId ne null", [2]),
        ("aadDeviceId eq 'x'", [2]),
        ("rbacGroupId gt 3", [2]),
    ],
)
def test_a_filter_selects(text: str, expected: list[int]) -> None:
    assert chosen(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "healthStatus", "healthStatus eq", "healthStatus eq Active", "health eq 'x'", "healthStatus is 'x'",
     "(healthStatus eq 'x'",
     "healthStatus eq 'x' 'y'", "healthStatus eq 'x", "startswith(computerDnsName)", "lastSeen gt 2026-13-99", "and", "eq eq eq",
     "machineTags/all(t: t eq 'a')", "(" * 1000, "not " * 1000, "healthStatus eq 'x' or"],
)  # fmt: skip
def test_a_wrong_filter_is_an_odata_error_that_quotes_it(text: str) -> None:
    with pytest.raises(ODataError, match=r"cannot be read"):
        compile_filter(text, PROPERTIES)


@given(
    st.lists(
        st.sampled_from(
            ["healthStatus", "eq", "ne", "gt", "'x'", "null", "and", "or", "not", "(", ")", "2026-01-05", "7", "machineTags",
             "/", "any", "startswith", ",", ":", "lastSeen", "true", "'", "é"]
        )
    ).map(" ".join)
    | st.text()
)  # fmt: skip
def test_any_text_is_a_test_or_an_odata_error(text: str) -> None:
    try:
        test = compile_filter(text, PROPERTIES)
    except ODataError:
        return
    for row in ROWS:
        assert test(row) in (True, False)


@given(st.sampled_from(["eq", "ne"]), st.text(alphabet=st.characters(codec="utf-8")))
def test_a_quoted_text_is_compared_as_it_is(compare: str, value: str) -> None:
    row = {"healthStatus": value}
    quoted = value.replace("'", "''")
    assert compile_filter(f"healthStatus {compare} '{quoted}'", PROPERTIES)(row) is (compare == "eq")


def rows_of(options: dict[str, str]) -> list[object]:
    return list(page(ROWS, options, PROPERTIES).rows)


def test_skip_and_top_cut_the_page() -> None:
    assert rows_of({"$skip": "1"}) == ROWS[1:]
    assert rows_of({"$top": "1"}) == ROWS[:1]
    assert rows_of({"$top": "0"}) == []


@pytest.mark.parametrize("options", [{"$top": "-1"}, {"$top": str(MOST_ROWS + 1)}, {"$skip": "x"}, {"$skip": "²"}])
def test_a_wrong_page_is_an_odata_error(options: dict[str, str]) -> None:
    with pytest.raises(ODataError):
        page(ROWS, options, PROPERTIES)


@pytest.mark.parametrize(
    "options",
    [
        {"$orderby": "lastSeen"},
        {"$select": "id"},
        {"$count": "yes"},
        {"$expand": "evidence"},
        {"$": ""},
        {"$Filter": "x"},
    ],
)
def test_an_option_that_is_not_documented_is_refused_and_not_passed_over(options: dict[str, str]) -> None:
    with pytest.raises(ODataError):
        page(ROWS, options, PROPERTIES)


def test_only_what_may_be_expanded_is() -> None:
    assert page(ROWS, {"$expand": "evidence"}, PROPERTIES, expandable=("evidence",)).rows == ROWS
    with pytest.raises(ODataError, match="can only be evidence"):
        page(ROWS, {"$expand": "machine"}, PROPERTIES, expandable=("evidence",))


def test_the_count_is_of_what_fits_the_filter() -> None:
    options = {"$filter": "rbacGroupId ge 0", "$top": "1", "$count": "true"}
    assert page(ROWS, options, PROPERTIES).count == 2
    assert page(ROWS, options | {"$count": "false"}, PROPERTIES).count is None


@given(
    st.integers(min_value=0, max_value=12),
    st.integers(min_value=1, max_value=5),
    st.none() | st.integers(min_value=0, max_value=14),
    st.integers(min_value=0, max_value=14),
)
def test_following_the_next_link_gives_every_wanted_row_once(count: int, size: int, top: int | None, skip: int) -> None:
    rows = [{"rbacGroupId": number} for number in range(count)]
    options: dict[str, str] | None = {"$skip": str(skip)} | ({} if top is None else {"$top": str(top)})
    seen: list[object] = []
    while options is not None:
        found = page(rows, options, PROPERTIES, size=size)
        assert len(found.rows) <= size
        seen += found.rows
        options = found.next
    assert seen == rows[skip:][: len(rows) if top is None else top]
