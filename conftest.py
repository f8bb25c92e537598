"""This repository's own fixtures. The steps and the lab's fixtures come from the installed plugin."""

pytest_plugins = ("pytester",)
