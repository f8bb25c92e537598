"""The pytest plugin: fixtures, collection of `*.feature`, and the step library.

Steps of your own are written with `given`, `when` and `then` from here, or with pytest-bdd's; both see the fixtures `lab`,
`tenant` and `last`.
"""

from mdelab.bdd.registry import given, then, when
from mdelab.bdd.verdict import Inconclusive, Unmet

__all__ = ["Inconclusive", "Unmet", "given", "then", "when"]
