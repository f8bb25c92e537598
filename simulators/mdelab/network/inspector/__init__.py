"""The hop that ends TLS and opens it anew: one mitmproxy process for all tenants, and its owner in the lab's process."""

from mdelab.network.inspector.owner import Inspector

__all__ = ["Inspector"]
