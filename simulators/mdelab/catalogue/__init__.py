"""The facts of the lab as data, each row with its basis and its source. Loaded from the TOML files beside this module."""

from mdelab.catalogue.services import Probe, Service, probes, service_for, services, simulated_suffixes
from mdelab.catalogue.timing import Timing, timing

__all__ = ["Probe", "Service", "Timing", "probes", "service_for", "services", "simulated_suffixes", "timing"]
