"""Evidence in, named cause out: which layer failed, why, what shows it and what mends it.

Pure: the records come from `mdelab.model.evidence`, the causes from `mdelab.catalogue.symptoms`. Who collects the
records is `mdelab.lab`.
"""

from mdelab.diagnosis.finding import Finding, diagnose
from mdelab.diagnosis.interception import Fact, Interception, refused_because_of_interception

__all__ = ["Fact", "Finding", "Interception", "diagnose", "refused_because_of_interception"]
