"""This repository's own fixtures. The steps and the lab's fixtures come from the installed plugin."""

from hypothesis import settings

pytest_plugins = ("pytester",)

# The gate must say the same thing twice; `--hypothesis-profile=explore` looks for new cases.
settings.register_profile("gate", derandomize=True)
settings.register_profile("explore", max_examples=2000)
settings.load_profile("gate")
