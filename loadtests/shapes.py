"""Shapes of load for `locust -f loadtests/locustfile.py,loadtests/shapes.py --class-picker` or for your own locustfile.

A user steers a share of the fleet, so a shape over users is a shape over endpoints: give `--share`, the agents of one user.
"""

from locust import LoadTestShape

Stage = tuple[float, int, float]
"""Until this second of the run: users, and users started or stopped a second."""


class MondayMorning(LoadTestShape):
    """Everybody comes at once, works, and goes home in two waves."""

    stages: tuple[Stage, ...] = ((10, 2, 2), (20, 10, 10), (60, 10, 10), (70, 5, 5), (80, 1, 5))

    def tick(self) -> tuple[int, float] | None:
        """Users and rate for this moment; None ends the run."""
        run_time_s: float = self.get_run_time()  # type: ignore[no-untyped-call]  # locust's is untyped
        return next(((users, rate) for until_s, users, rate in self.stages if run_time_s < until_s), None)
