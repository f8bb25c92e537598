"""Builds the images: `python -m mdelab.lab.docker.build FOLDER` (what `make images` calls).

FOLDER is `images/` of a clone. What did not change is not built again: each image carries a digest of its recipe. No build
needs a package index, because wheels are collected on the host; and no registry, where a base can be made on this machine.
"""

import argparse
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import docker
from docker.errors import ImageNotFound, NotFound

from mdelab import __version__
from mdelab.lab.docker import content
from mdelab.lab.docker.engine import connect, said_plainly
from mdelab.model.errors import LabError, NotReady

RECIPE = "org.mdelab.recipe"
"""Label of an image: the digest of everything that it was made from."""

PUBLIC_BASE = "debian:bookworm-slim"

PYTHON = (3, 11)
"""Of bookworm."""

_PACKAGES = "apt-transport-https,ca-certificates,curl,gnupg,iproute2,nftables,procps,python3,sudo"
"""What images/base installs over a registry's base too."""

LOCAL_BASE = f"mdelab/debian:bookworm-{hashlib.sha256(_PACKAGES.encode()).hexdigest()[:8]}"
"""Made on this machine where no registry answers; other packages are another base."""

_DEBIAN_SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
_SLIM = ("doc", "man", "locale", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One image."""

    name: str
    below: str
    """The image that it starts from, by the name of another recipe; "" for the base of Debian."""
    files: dict[str, Path] = field(default_factory=dict)
    """Path in the build's context -> file; the Dockerfile is among them."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="mdelab.lab.docker.build", description="Build the lab's container images.")
    parser.add_argument("folder", type=Path, help="the folder `images` of a clone")
    parser.add_argument("--base-image", default=os.environ.get("BASE_IMAGE", ""), help=f"default: {PUBLIC_BASE}")
    arguments = parser.parse_args()
    try:
        build_all(arguments.folder, arguments.base_image)
    except (LabError, NotReady) as error:
        sys.exit(_fail(str(error)))


def build_all(folder: Path, base_image: str) -> None:
    """Bring every image up to date."""
    client = connect()
    started = time.monotonic()
    recipes = list(_recipes(folder))
    with tempfile.TemporaryDirectory(prefix="mdelab-images-") as scratch:
        digests: dict[str, str] = {}
        for number, recipe in enumerate(recipes, 1):
            progress = f"[{number}/{len(recipes)}] {recipe.name}"
            below = digests[recipe.below] if recipe.below else ""
            digests[recipe.name] = digest = _digest(recipe, below)
            if _label(client, content.tag(recipe.name), RECIPE) == digest:
                _say(f"{progress}: unchanged")
                continue
            begun = time.monotonic()
            _say(f"{progress}: building")
            base = content.tag(recipe.below) if recipe.below else _debian(client, base_image, Path(scratch))
            extra = _wheels(folder, Path(scratch)) if not recipe.below else {}
            _build(client, recipe, {**recipe.files, **extra}, base, digest)
            _say(f"{progress}: {content.tag(recipe.name)} in {time.monotonic() - begun:.0f} s")
    # What the new ones took the names from; the engine leaves alone what a container still uses.
    with said_plainly("images that were replaced could not be removed"):
        client.images.prune({"dangling": True, "label": RECIPE})
    _say(f"images are ready after {time.monotonic() - started:.0f} s")
    client.close()


def _recipes(folder: Path) -> Iterator[Recipe]:
    """In the order of their building."""
    if not (folder / "base" / "Dockerfile").exists():
        raise LabError(f"{str(folder)!r} holds no images of mdelab. Give the folder `images` of a clone.")
    package = {f"mdelab/{path.relative_to(content.PACKAGE)}": path for path in content.shipped()}
    requirements = {"requirements.txt": folder.parent / "requirements" / "run.txt"}
    yield Recipe(name="base", below="", files={**_folder(folder / "base"), **requirements})
    stubs = {f"endpoint/{name}": path for name, path in _folder(folder / "endpoint").items()}
    yield Recipe(name="program", below="base", files={**_folder(folder / "program"), **stubs, **package})
    for name in ("lab", *content.ENDPOINT_IMAGES.values(), "load"):
        extra = {"locustfile.py": folder.parent / "loadtests" / "locustfile.py"} if name == "load" else {}
        yield Recipe(name=name, below="program", files={**_folder(folder / name), **extra})


def _folder(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _digest(recipe: Recipe, below: str) -> str:
    seen = hashlib.sha256(f"{recipe.name}\0{below}\0".encode())
    for name, path in sorted(recipe.files.items()):
        seen.update(f"{name}\0".encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def _label(client: docker.DockerClient, tag: str, name: str) -> str:
    try:
        return str(client.images.get(tag).labels.get(name, ""))
    except ImageNotFound:
        return ""


# The base of Debian


def _debian(client: docker.DockerClient, asked: str, scratch: Path) -> str:
    """The image that everything starts from: the one that was asked for, a registry's, or one that is made here."""
    if asked:
        return asked
    for known in (PUBLIC_BASE, LOCAL_BASE):
        if _exists(client, known):
            return known
    _say(f"  looking for {PUBLIC_BASE} in a registry")
    try:
        with said_plainly("no registry"):
            client.images.pull(PUBLIC_BASE)
        return PUBLIC_BASE
    except NotReady:
        return _made_here(client, scratch)


def _exists(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except (ImageNotFound, NotFound):
        return False
    return True


def _made_here(client: docker.DockerClient, scratch: Path) -> str:
    sources = next((path for path in _DEBIAN_SOURCES if path.exists()), None)
    if shutil.which("mmdebstrap") is None or sources is None:
        raise NotReady(
            f"no registry offers {PUBLIC_BASE}, and a base cannot be made here: that needs mmdebstrap and an apt source file. "
            "Run `sudo apt install mmdebstrap` on Debian or Ubuntu, or name an image that this engine has with "
            "`make images BASE_IMAGE=NAME`."
        )
    _say("  no registry answers: making a base with mmdebstrap, which takes a minute")
    archive = scratch / "debian.tar"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={_PACKAGES}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _SLIM]
    done = subprocess.run(
        [*command, "bookworm", str(archive), str(sources)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotReady(
            f"mmdebstrap could not make a base: {done.stderr.strip()[-600:]}. "
            "Is the package source of this machine reachable? `apt update` tells."
        )
    repository, _, tag = LOCAL_BASE.partition(":")
    with said_plainly("the base could not be imported"):
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    archive.unlink()
    return LOCAL_BASE


# Wheels


def _wheels(folder: Path, scratch: Path) -> dict[str, Path]:
    """Wheels of everything that is pinned, collected with the index of this machine's pip. Raises NotReady."""
    if sys.version_info[:2] != PYTHON:
        raise NotReady(
            f"the images hold Python {PYTHON[0]}.{PYTHON[1]}, and wheels that Python {sys.version_info[0]}."
            f"{sys.version_info[1]} collects do not fit it. Run `make clean`, then `make images PYTHON=python3.11`."
        )
    house = scratch / "wheels"
    _say("  collecting wheels")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(house)]
    _run([*pip, "--no-deps", "--require-hashes", "-r", str(folder.parent / "requirements" / "run.txt")])
    _run([*pip, "--no-deps", "pip"])
    return {f"wheels/{path.name}": path for path in sorted(house.iterdir())}


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReady(
            f"the wheels could not be collected: {done.stderr.strip()[-600:]}. "
            "pip needs the package index that it is configured for; `pip config list` shows it."
        )


# Building


def _build(client: docker.DockerClient, recipe: Recipe, files: dict[str, Path], base: str, digest: str) -> None:
    with said_plainly(f"the image {recipe.name} could not be built"):
        lines = client.api.build(
            fileobj=_context(files, _labels(recipe, base, digest)),
            custom_context=True,
            tag=content.tag(recipe.name),
            buildargs={"BASE_IMAGE": base},
            rm=True,
            forcerm=True,
            decode=True,
        )
        _follow(recipe.name, lines)


def _labels(recipe: Recipe, base: str, digest: str) -> str:
    """The last line of the Dockerfile: as arguments of the build, each label would be a step of its own."""
    labels = {
        RECIPE: digest,
        content.CONTENT: content.digest(),
        "org.opencontainers.image.title": f"mdelab simulated {recipe.name}",
        "org.opencontainers.image.description": "Part of a test lab; it holds no software of Microsoft's.",
        "org.opencontainers.image.version": __version__,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.base.name": base,
    }
    return "LABEL " + " ".join(f'{name}="{value}"' for name, value in labels.items()) + "\n"


def _context(files: dict[str, Path], labels: str) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, path in files.items():
            entry = archive.gettarinfo(path, name)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            text = path.read_bytes() + (labels.encode() if name == "Dockerfile" else b"")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    stream.seek(0)
    return stream


def _follow(name: str, lines: Iterable[dict[str, str]]) -> None:
    """Show the steps, and raise NotReady with the last output when one fails."""
    last: list[str] = []
    for row in lines:
        text = row.get("stream", "").rstrip()
        if text.startswith("Step "):
            _say(f"  {text[:110]}")
        last = [*last[-15:], text] if text else last
        if "error" in row:
            said = "\n  ".join(last)
            raise NotReady(
                f"the image {name} could not be built: {row['error']}\n  {said}\n"
                "Free disk space if it is short (`docker system df`); else the Dockerfile or its base is at fault."
            )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _fail(text: str) -> int:
    print(f"images: {text}", file=sys.stderr)
    return 3


if __name__ == "__main__":
    main()
