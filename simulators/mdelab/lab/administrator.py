"""A tenant's administrator in Entra, for the embedded backend. What the work does is `mdelab.cloud.entra.registrations`."""

from datetime import timedelta

from mdelab.cloud.application import Application
from mdelab.cloud.entra import registrations
from mdelab.cloud.entra.keys import Keys
from mdelab.cloud.estate import Estate
from mdelab.lab.refusals import Unknown
from mdelab.lab.wire import ApiPages, ApplicationChange, ApplicationInfo, ApplicationSpec, KeyRollOver
from mdelab.model.errors import LabError


class Administrator:
    """See `mdelab.lab.backend.Identity`."""

    def __init__(self, estate: Estate, keys: Keys) -> None:
        self._estate = estate
        self._keys = keys

    async def applications(self) -> list[ApplicationInfo]:
        return [_info(one) for one in self._estate.applications.values()]

    async def register(self, spec: ApplicationSpec) -> ApplicationInfo:
        if not spec.name:
            raise LabError("the application has no name. Give it one.")
        made = registrations.register(
            self._estate,
            spec.name,
            spec.roles,
            secret_lives=None if spec.secret_days is None else _lifetime(spec.secret_days),
            certificate=spec.certificate,
        )
        return _info(made)

    async def change(self, name: str, wanted: ApplicationChange) -> ApplicationInfo:
        """Nothing is changed when something of it is refused."""
        application = self._find(name)
        lives = None if wanted.secret_days is None else _lifetime(wanted.secret_days)
        if wanted.roles is not None:
            registrations.grant(application, wanted.roles)
        if wanted.enabled is not None:
            application.is_enabled = wanted.enabled
        if lives is not None:
            registrations.add_secret(self._estate, application, lives)
        return _info(application)

    async def remove(self, name: str) -> None:
        """Its tokens stay good until they expire, as those of Entra do."""
        del self._estate.applications[self._find(name).client_id]

    async def roll_over_keys(self, wanted: KeyRollOver) -> None:
        self._keys.roll_over(self._estate.tenant, at_once=wanted.at_once)

    async def set_api_pages(self, pages: ApiPages) -> None:
        self._estate.api_page_size = pages.size

    def _find(self, name: str) -> Application:
        known = self._estate.applications.values()
        found = next((one for one in known if name in (one.client_id, one.name)), None)
        if found is None:
            raise Unknown("application", name, [one.name for one in known])
        return found


def _lifetime(days: float) -> timedelta:
    try:
        lives = timedelta(days=days)
    except (OverflowError, ValueError) as error:
        raise LabError(f"a secret cannot live for {days} days: {error}. Give a number of days.") from error
    if lives <= timedelta(0):
        raise LabError(f"a secret cannot live for {days} days. Give a positive number of days.")
    return lives


def _info(application: Application) -> ApplicationInfo:
    return ApplicationInfo(
        name=application.name,
        client_id=application.client_id,
        object_id=application.object_id,
        roles=list(application.roles),
        enabled=application.is_enabled,
        secrets_expire=[one.expires for one in application.secrets],
        client_secret=application.secrets[-1].value if application.secrets else "",
    )
