"""Whether the engine has the images of this version: `python -m mdelab.lab.docker.images` says so, and ends with 0 or 3."""

import sys

import docker
from docker.errors import ImageNotFound

from mdelab.lab.docker import content
from mdelab.lab.docker.engine import connect, said_plainly
from mdelab.model.errors import NotReady


def check(client: docker.DockerClient) -> None:
    """Raise NotReady for an image that is missing, or that holds another version of the package than this one."""
    for name in (content.LAB_IMAGE, *content.ENDPOINT_IMAGES.values()):
        tag = content.tag(name)
        with said_plainly("the images could not be looked up"):
            try:
                found = client.images.get(tag).labels.get(content.CONTENT, "")
            except ImageNotFound as error:
                raise NotReady(
                    f"the image {tag} is missing in this container engine. Build the images with `make images`."
                ) from error
        if found != content.digest() and not content.is_live():
            raise NotReady(
                f"the image {tag} was built from another version of mdelab (content {found or 'unknown'}, "
                f"here {content.digest()}). Build the images anew with `make images`."
            )


def main() -> None:
    try:
        check(connect())
    except NotReady as error:
        print(f"images: {error}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
