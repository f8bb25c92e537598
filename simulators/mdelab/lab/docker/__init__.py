"""The container engine: images, networks and containers of a lab. The only folder that speaks to Docker.

What happens inside the containers is the lab's (`mdelab.lab.contained`) and its devices' (`mdelab.lab.remote`).
"""
