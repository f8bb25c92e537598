"""What killed labs left in the container engine, for `mdelab down --all`."""

from mdelab.lab.docker import labels
from mdelab.lab.docker.engine import connect, said_plainly
from mdelab.model.errors import NotReady


def remove_leftovers() -> list[str]:
    """Remove it; the names of those labs. Where no engine answers, nothing can have been left."""
    try:
        client = connect()
    except NotReady:
        return []
    try:
        with said_plainly("what killed labs left could not be removed"):
            return labels.sweep(client)
    finally:
        client.close()
