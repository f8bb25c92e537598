"""`mdelab completion SHELL`: the script that a shell loads to complete mdelab's commands and options."""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    eval "$(mdelab completion bash)"              for this shell
    mdelab completion fish > ~/.config/fish/completions/mdelab.fish
    """
    from click.shell_completion import get_completion_class

    from mdelab.cli.main import cli

    completion = get_completion_class(shell)
    assert completion is not None
    # Not `.source()`: bash's would first run bash to look at its version.
    script = completion(cli, {}, "mdelab", "_MDELAB_COMPLETE")
    click.echo(script.source_template % script.source_vars())
