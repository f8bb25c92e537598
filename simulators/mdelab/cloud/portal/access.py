"""Who may do what in the Defender portal, by the role that a user has there.

The roles are catalogue/portal_roles.toml. The lab's own administrator has no name and may do everything.
"""

from mdelab.catalogue.portal_roles import NO_ROLE, portal_role
from mdelab.model.errors import LabError


class PortalAccess:
    """One tenant's users in the portal."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}

    def grant(self, user: str, role: str) -> None:
        """Give the user a role, "" for none. Raises LabError that lists the known ones."""
        self._roles[user] = portal_role(role).name

    def role(self, user: str) -> str:
        return self._roles.get(user, NO_ROLE)

    def check_download(self, user: str) -> None:
        """Raise LabError when the portal lets this user take no packages."""
        if not user:
            return
        row = portal_role(self.role(user))
        if not row.opens:
            raise LabError(
                f"user {user!r} cannot open the Defender portal: no role lets them in. "
                "Give them one, such as Security Administrator."
            )
        if not row.downloads:
            raise LabError(
                f"user {user!r} may read in the Defender portal as {row.name}, and not take packages from it. "
                "Give them a role with full access, such as Security Administrator."
            )
