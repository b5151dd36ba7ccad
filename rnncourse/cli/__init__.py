"""The `rnncourse` command: one module a subcommand, imported only when it is called."""

from importlib import import_module

import click

from rnncourse import __version__

# name -> (module that holds a click command of that name, one-line help)
COMMANDS = {
    "lab": "open the course in JupyterLab, in a folder of your own",
    "check": "check a file or notebook from the terminal",
    "hint": "show the next hint of an exercise",
    "status": "what is solved, what is open",
    "doctor": "is this machine ready, and what to do if it is not",
    "collect": "collect the submissions of an assignment from the exchange (instructors)",
    "grade": "judge the submissions of an assignment (instructors)",
    "cluster": "certificate and keys for a Dask cluster (instructors)",
    "bench": "compare RNN, LSTM, GRU, minGRU and Transformer under equal conditions",
    "build": "build the notebooks from their sources (authors)",
    "archive": "pack the course for students, without the solutions (instructors)",
    "feedback": "write the feedback pages of an assignment (instructors)",
    "export": "export the grades of a class as CSV (instructors)",
}


class _Commands(click.Group):
    """A group that imports a subcommand's module only when it is called."""

    def list_commands(self, ctx):
        return list(COMMANDS)

    def get_command(self, ctx, name):
        if name not in COMMANDS:
            return None
        return getattr(import_module(f"rnncourse.cli.{name}"), name)

    def format_commands(self, ctx, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rnncourse")
def main():
    """A course in recurrent neural networks. Start with: rnncourse lab"""
