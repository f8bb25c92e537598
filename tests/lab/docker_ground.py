"""What tests see of the real container engine."""

import subprocess

_SHOWN = {"ps": ["ps", "--all", "--format", "{{.Names}}"], "network": ["network", "ls", "--format", "{{.Name}}"]}


def made(lab: str) -> list[str]:
    """The containers and networks of the labs of that name, and every volume: no lab makes one."""
    labelled = [name for command in _SHOWN.values() for name in asked(*command, "--filter", f"label=mdelab.lab={lab}")]
    return sorted(labelled + asked("volume", "ls", "--quiet"))


def asked(*command: str) -> list[str]:
    """The words that the engine's own client prints."""
    done = subprocess.run(["docker", *command], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split()
