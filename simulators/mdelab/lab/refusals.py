"""What the lab refuses: names that it does not have, and names that are taken."""

from mdelab.model.errors import LabError


class Unknown(LabError):
    """Something was named that the lab does not have; `.kind` says what."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        listed = ", ".join(repr(one) for one in sorted(known)) or "none yet"
        super().__init__(f"there is no {kind} {name!r}. Known: {listed}.")
        self.kind = kind

    @classmethod
    def quoted(cls, kind: str, message: str) -> "Unknown":
        """One that was raised elsewhere, in its own words."""
        error = cls(kind, "", [])
        error.args = (message,)
        return error


class Exists(LabError):
    """A name is taken."""
