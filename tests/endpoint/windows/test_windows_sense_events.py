"""The agent's words for what happened, and the events that a Windows device writes for them."""

import re
from pathlib import Path

import pytest

import mdelab.endpoint
from mdelab.catalogue.sense_events import events_of, sense_events
from mdelab.endpoint.event_log import EventLog
from mdelab.endpoint.files import MemoryTree
from mdelab.endpoint.sense_log import SenseLog
from mdelab.model.clock import EPOCH

_SAID = sorted(
    {
        symbol
        for path in Path(str(mdelab.endpoint.__file__)).parent.glob("*.py")
        for symbol in re.findall(r'symbol="([a-z-]+)"', path.read_text())
    }
)


def test_the_agent_says_something():
    assert {"onboarded", "offboarded", "contacted"} <= set(_SAID)


@pytest.mark.parametrize("symbol", _SAID)
def test_every_word_of_the_agent_is_an_event(symbol: str):
    assert events_of(symbol)


def test_the_agents_words_are_put_into_the_text_as_they_are():
    log = EventLog(MemoryTree())
    SenseLog(log, lambda: "id-1").write("contacted", "https://x/{text}\n{machine_id}{0}", EPOCH)
    (event,) = log.read("Microsoft-Windows-SENSE/Operational")
    assert (event.id, event.level, event.at) == (4, "Information", EPOCH)
    assert event.text.endswith("contacted the server at https://x/{text} {machine_id}{0}.")


def test_a_word_may_be_several_events_and_an_unknown_one_is_none():
    log = EventLog(MemoryTree())
    sense = SenseLog(log, lambda: "id-1")
    sense.write("onboarded", "", EPOCH)
    sense.write("nonsense", "", EPOCH)
    assert [event.id for event in log.read("Microsoft-Windows-SENSE/Operational")] == [11, 13]


@pytest.mark.parametrize("row", sense_events(), ids=lambda row: f"{row.symbol}-{row.id}")
def test_texts_know_two_places_only(row):
    assert set(re.findall(r"{(.*?)}", row.text)) <= {"text", "machine_id"}
