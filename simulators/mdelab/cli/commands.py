"""The list of commands: where each lives, and the line that `mdelab --help` shows for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    module: str
    """Holds the click command as `command`."""
    help: str


COMMANDS = {
    "verify": Row("mdelab.cli.verify", "Run scenarios and load, and say with one exit code whether all promises held."),
    "parity": Row("mdelab.cli.parity", "Compare a run on each backend, scenario by scenario."),
    "up": Row("mdelab.cli.up", "Start a lab."),
    "down": Row("mdelab.cli.down", "End a lab, with everything that it started."),
    "status": Row("mdelab.cli.status", "Show the labs that run, their tenants and endpoints."),
    "run": Row("mdelab.cli.run", "Run a program of yours against the mock cloud, unchanged."),
    "env": Row("mdelab.cli.env", "Print the settings that lead a shell's programs into the lab."),
    "do": Row("mdelab.cli.do", "Carry out one Gherkin step."),
    "exec": Row("mdelab.cli.execute", "Run a program on an endpoint."),
    "clock": Row("mdelab.cli.clock", "Show or move a tenant's clock."),
    "diagnose": Row("mdelab.cli.diagnose", "Say why an endpoint does not get through, and what to do."),
    "faults": Row("mdelab.cli.faults", "List the faults that can be put into a tenant, or show one."),
    "reproduce": Row("mdelab.cli.reproduce", "Put a fault into a fresh tenant, let agent and curl try, and diagnose."),
    "flows": Row("mdelab.cli.flows", "Show what connections came to, or write them as an HTTP Archive."),
    "new": Row("mdelab.cli.new", "Write an example to start from: a feature, a lab.toml, a README."),
    "steps": Row("mdelab.cli.steps", "List the steps that features can use."),
    "requirements": Row("mdelab.cli.requirements", "List what the lab must make true, and how far it is checked."),
    "doctor": Row("mdelab.cli.doctor", "Check whether this machine can run a lab."),
    "completion": Row("mdelab.cli.completion", "Print the completion script for a shell."),
}
