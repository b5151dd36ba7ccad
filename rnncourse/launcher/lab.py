"""JupyterLab as a learner should find it: the first notebook open, no news, no instructor's tools."""

import json
import os
import signal
import socket
import subprocess
import sys
import webbrowser
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from rnncourse.launcher import LauncherError
from rnncourse.launcher.folder import PRIVATE

FIRST = "0-start-here/start_here.ipynb"
SETTINGS = Path(__file__).with_name("jupyter")  # our defaults; the learner's own settings go before them


def lab_command(folder, port=None, browser=True):
    """Return the command line that serves the folder in JupyterLab, as a list of strings."""
    command = [sys.executable, "-m", "jupyterlab"]
    command += [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{FIRST}"]
    command.append("--Application.log_level=ERROR")  # leaves the address to click, and what goes wrong
    command.append("--ServerApp.answer_yes=True")  # one Ctrl-C ends it; Lab has saved the notebooks by itself
    if port is not None:
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        command.append("--ServerApp.open_browser=False")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")  # in a container; it listens on this machine only
    return command


def lab_environment(folder, environ=os.environ):
    """Return the environment for Lab: this Python's programs first on PATH, our defaults, tabs kept in the folder."""
    programs = str(Path(sys.executable).parent)  # nbgrader and notebooks call programs by name
    ours = {
        "PATH": os.pathsep.join(filter(None, [programs, environ.get("PATH")])),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(SETTINGS), environ.get("JUPYTER_CONFIG_PATH")])),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not a namesake in the home folder
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / PRIVATE / "workspaces"),
    }
    return {**environ, **ours}


def require_lab():
    """Raise LauncherError, with the line that mends it, if JupyterLab is not installed."""
    if find_spec("jupyterlab") is None:
        raise LauncherError('JupyterLab is not installed here. Install it with: pip install "rnncourse[course]"')


def require_free(port):
    """Raise LauncherError if another program listens on this port."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Lab does: a port just left is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LauncherError(
                f"Port {port} cannot be used ({error.strerror}). Leave --port out, and a free one is taken."
            ) from error


def running_lab(folder):
    """Return the URL, with its token, of a JupyterLab that already serves this folder, or None."""
    for server in server_records():
        if same_folder(server.get("root_dir"), folder) and responds(server["url"]):
            token = f"?token={server['token']}" if server.get("token") else ""
            return f"{server['url']}lab/tree/{FIRST}{token}"
    return None


def server_records():
    """Yield what every Jupyter server of this user has noted about itself, ended ones perhaps among them.

    jupyter_server has list_running_servers for this; importing it costs a second at every start.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    for path in sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json")):
        with suppress(OSError, ValueError):
            record = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(record, dict) and record.get("url"):
                yield record


def same_folder(served, folder):
    """Whether two paths lead to the same existing folder."""
    try:
        return os.path.samefile(served, folder)
    except (OSError, TypeError):
        return False


def responds(url):
    """Whether a Jupyter server answers at this URL within two seconds."""
    try:
        with urlopen(f"{url}api", timeout=2) as answer:
            return "version" in json.load(answer)
    except (URLError, OSError, ValueError):
        return False


def open_in_browser(url):
    """Open a page in the learner's browser; without one, the printed address has to do."""
    with suppress(webbrowser.Error):
        webbrowser.open(url)


def start(folder, command):
    """Run Lab until it ends and return its exit code; where the system can, Lab takes this process's place."""
    environment = lab_environment(folder)
    os.chdir(folder)
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)
    process = subprocess.Popen(command, env=environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches Lab itself; we wait for its end
    return process.wait()
