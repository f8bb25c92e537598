"""What no order of events may bring the agent to."""

from typing import Any

from agent_play import (
    EXPIRED_OFFBOARDING,
    OFFBOARDING,
    ONBOARDING,
    OTHER_OFFBOARDING,
    OTHER_ONBOARDING,
    Play,
    of,
    right_body,
    texts,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import AgentState
from mdelab.endpoint.commands import (
    ForgetEvents,
    Request,
    SendReport,
    StoreEvent,
)

EVENTS = st.one_of(
    st.just(("start",)),
    st.tuples(
        st.just("drop"),
        st.sampled_from(["onboarding", "offboarding"]),
        st.sampled_from([ONBOARDING, OTHER_ONBOARDING, OFFBOARDING, OTHER_OFFBOARDING, EXPIRED_OFFBOARDING, "", "{"]),
    ),
    st.tuples(st.just("remove"), st.sampled_from(["onboarding", "offboarding"])),
    st.tuples(
        st.just("timer"),
        st.sampled_from(["notice", "enrol", "poll", "cyber", "upload", "result", "goodbye", "definitions", "nonsense"]),
    ),
    st.tuples(
        st.just("answer"),
        st.integers(0, 5),
        st.sampled_from([200, 204, 302, 400, 401, 403, 413, 429, 500, 503]),
        st.one_of(
            st.just("right"), st.sampled_from([b"", b"{}", b"[]", b"\xff", b'{"commands": [{"id": "x", "type": "y"}]}'])
        ),
    ),
    st.tuples(st.just("refuse"), st.integers(0, 5)),
    st.tuples(
        st.just("observe"),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_no_order_of_events_raises_or_loses_an_event(steps: list[Any]) -> None:
    play = Play(capacity=5)
    open_requests: list[Request] = []
    made: list[str] = []
    acknowledged: set[str] = set()
    forgotten = 0
    for step in steps:
        event: happened.Event
        match step:
            case ("start",):
                # The daemon ended: nothing that was in flight is answered any more.
                open_requests.clear()
                event = happened.Started()
            case ("drop", kind, text):
                event = happened.PackageDropped(kind=kind, text=text)
            case ("remove", kind):
                event = happened.PackageRemoved(kind=kind)
            case ("timer", name):
                event = happened.TimerFired(name=name)
            case ("observe",):
                event = happened.Observed(type="FileRead", fields={"TargetFilename": "/x"})
            case (what, index, *rest):
                if index >= len(open_requests):
                    continue
                request = open_requests.pop(index)
                if what == "refuse":
                    event = happened.Refused(request=request, reason="curl error 7")
                else:
                    status, body = rest
                    if body == "right":
                        body = right_body(request)
                    if isinstance(request, SendReport) and status == 200 and body == right_body(request):
                        acknowledged |= {one.id for one in request.body.events}
                    event = happened.AnswerReceived(request=request, status=status, body=body)
        commands = play.feed(event)
        open_requests += of(Request, commands)
        made += [command.event.id for command in of(StoreEvent, commands)]
        forgotten += sum(command.count for command in of(ForgetEvents, commands))
        channels = [request.channel for request in open_requests]
        assert play.agent.licensed == (play.agent.state is AgentState.ONBOARDED)
        assert len([one for one in channels if one == "report"]) <= 1
        assert play.agent.waiting == len(made) - forgotten
    assert len(set(made)) == len(made)
    assert play.agent.sent >= len(made)
    given_up = set(made[:forgotten]) - acknowledged
    # Only two things let go of an event that nobody acknowledged: it was too large, or another organisation came.
    assert len(given_up) <= play.agent.queue.dropped or "accepted" in texts(play.done)
