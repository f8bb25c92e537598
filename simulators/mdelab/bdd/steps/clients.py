"""Clients that are no endpoints and reach the lab through its entrance, as `mdelab run -- curl ...` does."""

from mdelab.bdd.registry import then
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import LabClient


@then("a client of the lab reads {text:Quoted} from {url:Quoted}")
def reads(lab: LabClient, text: str, url: str) -> None:
    """The answer is 200, its body is exactly the text, and it carries the lab's mark X-Mdelab."""
    answer = lab.fetch(url)
    said = answer.body.decode(errors="replace")
    if (answer.status, said) != (200, text) or answer.headers.get("x-mdelab") != lab.info().id:
        raise Unmet(f"{url} answered {answer.status} {said!r} with {answer.headers}, not {text!r} with the lab's mark.")


@then("a client of the lab is told that {host:Quoted} is not simulated")
def not_simulated(lab: LabClient, host: str) -> None:
    """Nothing leaves the lab: the entrance answers 403 itself, says why, and marks the answer as the lab's."""
    answer = lab.fetch(f"http://{host}/")
    said = answer.body.decode(errors="replace")
    if answer.status != 403 or "not simulated" not in said or answer.headers.get("x-mdelab") != lab.info().id:
        raise Unmet(f"http://{host}/ was answered with {answer.status} {said!r}, not refused by the lab itself.")
