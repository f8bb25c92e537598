"""The entry point: finds the command, and turns every way to end into an exit code and, at most, one message.

Commands are loaded when they are used, so that `mdelab --help` and shell completion are quick. The list is in
`mdelab.cli.commands`.
"""

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from mdelab import __version__
from mdelab.cli.commands import COMMANDS
from mdelab.cli.stale import stale_settings
from mdelab.model.errors import LabError, NotReady, PeerError

USAGE, LAB_FAILED, INTERRUPTED, BROKEN_PIPE = 2, 3, 130, 141


class LazyGroup(click.Group):
    """A group whose commands are imported one by one, and listed without being imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        command = import_module(row.module).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean `mdelab {near[0]}`?" if near else "`mdelab --help` lists the commands."
            raise click.UsageError(f"mdelab has no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MDELAB", "max_content_width": 110},
    epilog="Exit codes: 0 all held, 1 a promise failed, 2 wrong usage or nothing collected, 3 the lab failed or a result is "
    "inconclusive, 4 a threshold failed.",
)
@click.version_option(__version__, message="mdelab %(version)s")
def cli() -> None:
    """A test lab for Microsoft Defender for Endpoint onboarding: no tenant, no licence, no root, no internet.

    Not affiliated with Microsoft.
    """


def run(argv: Sequence[str]) -> int:
    """Carry out one command line; return its exit code. Never raises and never prints a traceback."""
    if (hint := stale_settings()) and "env" not in argv[:1]:
        print(f"mdelab: {hint}", file=sys.stderr)
    try:
        code = cli.main(args=list(argv), prog_name="mdelab", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except LabError as error:
        print(f"mdelab: {error}", file=sys.stderr)
        return USAGE
    except (NotReady, PeerError) as error:
        print(f"mdelab: {error}", file=sys.stderr)
        return LAB_FAILED
    except BrokenPipeError:
        # The reader (`| head`) has gone; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # the last place that can keep a traceback from a user
        return _unexpected(error)
    return code if isinstance(code, int) else 0


def _unexpected(error: Exception) -> int:
    what = f"{type(error).__name__}: {error}"
    if os.environ.get("MDELAB_DEBUG"):
        traceback.print_exc()
        return LAB_FAILED
    with tempfile.NamedTemporaryFile("w", prefix="mdelab-error-", suffix=".txt", delete=False) as file:
        file.write("".join(traceback.format_exception(error)))
    print(
        f"mdelab met an error that it did not expect: {what}\n"
        f"That is a fault of mdelab or of this machine. The details are in {file.name}; "
        "MDELAB_DEBUG=1 prints them here.",
        file=sys.stderr,
    )
    return LAB_FAILED


def main() -> None:
    """What the `mdelab` script calls."""
    sys.exit(run(sys.argv[1:]))
