"""Load your running lab: `locust -f loadtests/locustfile.py --headless --users 10 --endpoints 500`.

Users steer, agents run in processes of their own (`mdelab.load`). Add `loadtests/shapes.py` to the `-f` list for a shape.
"""

from mdelab.load.locust_users import FleetUser

__all__ = ["FleetUser"]
