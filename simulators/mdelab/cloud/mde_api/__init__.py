"""The public Defender API: machines, alerts, machine actions. Every token is really checked."""

from mdelab.cloud.mde_api.service import mde_api

__all__ = ["mde_api"]
