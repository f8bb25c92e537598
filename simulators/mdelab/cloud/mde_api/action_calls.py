"""The operations on machine actions. What may be ordered, and how an action is shown, is `actions.py`."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mdelab.cloud.action import Action
from mdelab.cloud.entra.tokens import Access
from mdelab.cloud.estate import Estates
from mdelab.cloud.mde_api import actions, odata
from mdelab.cloud.mde_api.access import CANCEL, MACHINE_READ, Gate
from mdelab.cloud.mde_api.failure import ApiFailure
from mdelab.cloud.mde_api.machine_calls import the_device
from mdelab.cloud.mde_api.pages import counted, listed, single
from mdelab.cloud.mde_api.parameters import Ordering, parameters


class ActionCalls:
    def __init__(self, estates: Estates, gate: Gate) -> None:
        self._estates = estates
        self._gate = gate

    def routes(self) -> list[Route]:
        return [
            *[
                Route(f"/machines/{{id}}/{name}", self._ordering(what), methods=["POST"])
                for name, what in actions.ORDERS.items()
            ],
            Route("/machineactions", self.list),
            Route("/machineactions/$count", self.count),
            Route("/machineactions/{id}", self.get),
            Route("/machineactions/{id}/cancel", self.cancel, methods=["POST"]),
        ]

    def _ordering(self, what: actions.Order) -> Callable[[Request], Awaitable[Response]]:
        async def order(request: Request) -> Response:
            access = self._gate.admit(request, what.roles, what.quota)
            device = the_device(access, request.path_params["id"])
            wanted = await parameters(request, Ordering)
            action = actions.order(self._estates, access.estate, device, what, wanted, access.app_id)
            return _shown(request, access, action, 201)

        return order

    async def list(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        return listed(request, access.estate, "MachineActions", _rows(access), actions.FILTERABLE)

    async def count(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        return counted(request, _rows(access), actions.FILTERABLE)

    async def get(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        return _shown(request, access, _the_action(access, request.path_params["id"]))

    async def cancel(self, request: Request) -> Response:
        access = self._gate.admit(request, CANCEL)
        action = _the_action(access, request.path_params["id"])
        wanted = await parameters(request, Ordering)
        actions.cancel(access.estate, action, wanted.comment, access.app_id)
        self._estates.save_later(access.estate, action)
        return _shown(request, access, action)


def _the_action(access: Access, name: str) -> Action:
    action = access.estate.actions.get(name)
    if action is None:
        raise ApiFailure("ResourceNotFound", f"Action {name} was not found. List the actions for their ids.")
    return action


def _rows(access: Access) -> list[odata.Row]:
    return [actions.as_action(access.estate, one) for one in access.estate.actions.values()]


def _shown(request: Request, access: Access, action: Action, status: int = 200) -> Response:
    return single(request, "MachineActions", actions.as_action(access.estate, action), status)
