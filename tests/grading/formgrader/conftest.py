"""A class in a temporary folder, and a real Jupyter server with Formgrader in it, asked over HTTP as a browser does."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.grading.class_room import REPO, hand_in

pytest.importorskip("nbgrader")

STEP, NAME = "1-sequence-data", "sequence_data"


def programs_environment(home, **more):
    """What nbgrader's programs need around them, and nothing of the configuration of whoever tests."""
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "run", "IPYTHONDIR": "ipython"}
    found = {name: value for name, value in os.environ.items() if not name.startswith(("RNNCOURSE_", "JUPYTER"))}
    found |= {"HOME": str(home), "RNNCOURSE_EXCHANGE": str(home / "exchange"), "PYTHONWARNINGS": "ignore"}
    found["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return found | {name: str(home / place) for name, place in places.items()} | more


class Answer:
    """What a server said: `status`, `text`, and `data` where that is JSON."""

    def __init__(self, status, text):
        self.status, self.text = status, text

    @property
    def data(self):
        return json.loads(self.text)


class Server:
    """A Jupyter server with Formgrader, started in `folder`."""

    def __init__(self, folder, environment, log):
        words = ["server", "--allow-root", "--no-browser", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token=secret"]
        words += [f"--ServerApp.root_dir={folder}"]
        words.append("--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}")
        self._log = log
        with open(log, "wb") as file:
            self.process = subprocess.Popen([sys.executable, "-m", "jupyter", *words], cwd=folder, env=environment, stdout=file, stderr=file)
        self._info = Path(environment["JUPYTER_RUNTIME_DIR"], f"jpserver-{self.process.pid}.json")

    def wait(self):
        """Until it answers."""
        for _ in range(1200):
            with contextlib.suppress(OSError, ValueError):
                self.url = json.loads(self._info.read_text())["url"]
                self.ask("GET", "api/status")
                return self
            assert self.process.poll() is None, f"the Jupyter server ended:\n{self._log.read_text()}"
            time.sleep(0.1)
        raise AssertionError(f"the Jupyter server did not start in two minutes:\n{self._log.read_text()}")

    def ask(self, method, path):
        """The `Answer` to a request under /formgrader/."""
        address = f"{self.url}formgrader/{urllib.parse.quote(path, safe='/?=&')}"
        request = urllib.request.Request(address, b"" if method == "POST" else None, {"Authorization": "token secret"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=500) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())

    def seconds(self):
        """Computing time of the server's own process so far."""
        import psutil

        spent = psutil.Process(self.process.pid).cpu_times()
        return spent.user + spent.system

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Classroom:
    """The clone of the course in `folder`, with nothing in it but step 1 and a gradebook."""

    def __init__(self, folder):
        self.folder, self.root, self.home = folder, folder / "clone", folder / "home"
        for tree in ("course", "solutions"):
            shutil.copytree(REPO / tree / STEP, self.root / tree / STEP)
        shutil.copy(REPO / "nbgrader_config.py", self.root)
        for path in (self.home, self.home / "exchange", self.root / "grading"):
            path.mkdir()
        (self.home / "exchange").chmod(0o777)
        self.url = f"sqlite:///{self.root / 'grading' / 'gradebook.db'}"

    def environment(self, **more):
        return programs_environment(self.home, **more)

    def serve(self, folder=None, **more):
        """A running `Server` in this folder, by default the clone."""
        return Server(folder or self.root, self.environment(**more), self.folder / f"server-{time.monotonic_ns()}.log").wait()

    def run(self, *words, **more):
        """A command in the clone: (exit code, what it said)."""
        done = subprocess.run([sys.executable, "-m", *words], cwd=self.root, env=self.environment(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def hand_in(self, student, **sources):
        """The solved step 1, with these sources in its cells."""
        hand_in(self.root, student, STEP, lambda solved: solved.update(sources))

    def gradebook(self):
        from nbgrader.api import Gradebook

        return Gradebook(self.url, course_id="rnncourse")

    def points(self, student):
        """Points of step 1 in the gradebook."""
        with self.gradebook() as gradebook:
            return gradebook.find_submission(STEP, student).score

