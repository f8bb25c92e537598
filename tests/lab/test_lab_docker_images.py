"""What goes into an image, and when it is built anew; the building itself needs an engine (`make images`)."""

import tarfile
from pathlib import Path

import pytest

from mdelab.lab.docker import build, content
from mdelab.model.errors import LabError

IMAGES = Path(__file__).parents[2] / "images"


def test_every_image_stands_on_one_that_was_built_before():
    built: set[str] = set()
    for recipe in build._recipes(IMAGES):
        assert not recipe.below or recipe.below in built
        built.add(recipe.name)

    assert {content.LAB_IMAGE, *content.ENDPOINT_IMAGES.values(), "load"} <= built


def test_an_image_is_built_anew_when_a_file_or_the_image_below_changes(tmp_path):
    file = tmp_path / "Dockerfile"
    file.write_text("FROM scratch\n")
    recipe = build.Recipe(name="one", below="base", files={"Dockerfile": file})
    first = build._digest(recipe, "below")

    assert build._digest(recipe, "below") == first
    assert build._digest(recipe, "another") != first
    file.write_text("FROM nothing\n")
    assert build._digest(recipe, "below") != first


def test_labels_are_one_step_at_the_end_of_the_dockerfile(tmp_path):
    file = tmp_path / "Dockerfile"
    file.write_text("FROM scratch\n")
    recipe = build.Recipe(name="one", below="", files={"Dockerfile": file})

    labels = build._labels(recipe, "debian", "0123")
    with tarfile.open(fileobj=build._context(recipe.files, labels)) as archive:
        member = archive.extractfile("Dockerfile")
        assert member is not None
        lines = member.read().decode().splitlines()

    assert lines[0] == "FROM scratch"
    assert lines[1].startswith('LABEL org.mdelab.recipe="0123"')
    assert len(lines) == 2


def test_images_hold_what_runs_in_containers_and_nothing_else():
    shipped = [path.relative_to(content.PACKAGE) for path in content.shipped()]
    held = {path.parts[0] for path in shipped}

    assert {"endpoint", "cloud", "network", "lab"} <= held
    assert not held & {"bdd", "cli", "report"}
    assert not [path for path in shipped if "docker" in path.parts]


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(LabError, match="holds no images of mdelab"):
        list(build._recipes(tmp_path))


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*/Dockerfile")), ids=lambda path: path.parent.name)
def test_a_dockerfile_needs_only_the_classic_builder(path):
    text = path.read_text()

    assert "# syntax" not in text
    assert "--mount" not in text


def test_images_of_two_clones_or_of_ones_own_registry_have_names_of_their_own(monkeypatch):
    monkeypatch.delenv(content.PREFIX, raising=False)
    assert content.tag("lab").startswith("mdelab/lab:")

    monkeypatch.setenv(content.PREFIX, "registry.example/security/mdelab")

    assert content.tag("lab").startswith("registry.example/security/mdelab/lab:")
