"""Fleets: worker processes that run many agents, and the Locust users that steer them.

The agents are the endpoints' own (`mdelab.endpoint`), with their files in memory. Nothing here imports locust except
`locust_users`, which runs in Locust's own process; pytest and the lab never load it.
"""
