"""mdelab: a test lab for Microsoft Defender for Endpoint onboarding.

The rooms of this package, the direction of its imports and its words are described in docs/architecture.md.
"""

__version__ = "0.1.0"
