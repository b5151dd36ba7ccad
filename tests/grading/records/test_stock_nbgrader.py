"""nbgrader's own programs go on from what was entered: formgrader, generate_feedback, release_feedback, export."""

import contextlib
import csv
import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from rnncourse.grading.records.late import PerDay

PROGRAMS = str(Path(sys.executable).parent)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """What nbgrader's programs need around them; nothing of the user's own configuration."""
    home = tmp_path_factory.mktemp("home")
    places = {
        "HOME": "",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "run",
        "IPYTHONDIR": "ipython",
        "RNNCOURSE_EXCHANGE": "exchange",
    }
    (home / "exchange").mkdir()
    (home / "exchange").chmod(0o777)
    found = {name: value for name, value in os.environ.items() if name != "RNNCOURSE_DATABASE"}
    return (
        found
        | {name: str(home / place) for name, place in places.items()}
        | {"PATH": os.pathsep.join([PROGRAMS, os.environ.get("PATH", "")]), "PYTHONWARNINGS": "ignore"}
    )


@pytest.fixture
def graded(room):
    """Anna handed in the essay and step 1, late, and printed something nasty; Ben only step 1, without a timestamp."""
    room.due(room.received - timedelta(hours=2))
    place = room.root / "grading" / "submitted"
    for name in (f"anna/{room.step}", "anna/essay", f"ben/{room.step}"):
        (place / name).mkdir(parents=True)
    claim = room.received - timedelta(seconds=0.2)  # nbgrader notes the time, then copies the files
    for name in (f"anna/{room.step}", "anna/essay"):
        (place / name / "timestamp.txt").write_text(claim.strftime("%Y-%m-%d %H:%M:%S.%f UTC"))
        (place / name / "submission_secret.txt").write_text("a" * 128)
    outputs = {
        "cell-42": [
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"text/html": "<script>steal()</script>", "text/plain": "42"},
            },
            {"output_type": "stream", "name": "stdout", "text": "<b>printed</b>"},
        ]
    }
    with room.records() as records:
        room.enter(records, room.verdict("wrong", outputs), policy=PerDay(10))
        room.enter(records, room.essay(why="Because **gates**."), room.submission("anna", "essay"))
        room.enter(records, submission=room.submission("ben"))
    return room


def nbgrader(room, environment, *words):
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=room.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_feedback_and_export(graded, environment):
    room = graded
    nbgrader(room, environment, "generate_feedback", room.step)
    page = (room.root / "grading" / "feedback" / "anna" / room.step / f"{room.name}.html").read_text()
    assert "not yet · 1.7 last_valid · 0 of 2 points" in page
    assert "passed · 1.9 ngram_bits · 4 of 4 points" in page
    assert "steal()" not in page
    assert f"{room.name} (Score: 18.0 / 25.0)" in page
    said = nbgrader(room, environment, "release_feedback", room.step)
    assert said.count("Releasing feedback for student") == 2
    nbgrader(room, environment, "export", "--to", "grades.csv")
    with open(room.root / "grades.csv", newline="") as file:
        rows = {(row["assignment"], row["student_id"]): row for row in csv.DictReader(file)}
    anna = rows[room.step, "anna"]
    assert (float(anna["raw_score"]), float(anna["late_submission_penalty"]), float(anna["score"])) == (20.0, 2.0, 18.0)
    assert float(rows[room.step, "ben"]["score"]) == 25.0


class Formgrader:
    """A Jupyter server with formgrader in the class's folder."""

    def __init__(self, room, environment):
        self._log = room.root.parent / "server.log"
        words = [
            "server",
            "--allow-root",
            "--no-browser",
            "--ip=127.0.0.1",
            "--port=0",
            "--IdentityProvider.token=secret",
        ]
        words.append(f"--ServerApp.root_dir={room.root}")
        words.append("--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}")
        command = [sys.executable, "-m", "jupyter", *words]
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(command, cwd=room.root, env=environment, stdout=log, stderr=log)
        self._info = Path(environment["JUPYTER_RUNTIME_DIR"], f"jpserver-{self._process.pid}.json")

    def wait(self):
        """Until the server answers; it notes its address a moment before it listens there."""
        for _ in range(600):
            with contextlib.suppress(ConnectionRefusedError, FileNotFoundError, ValueError):
                self.url = json.loads(self._info.read_text())["url"]
                with socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(self.url).port), timeout=60):
                    return
            assert self._process.poll() is None, f"the Jupyter server ended:\n{self._log.read_text()}"
            time.sleep(0.1)
        raise AssertionError(f"the Jupyter server did not start in a minute:\n{self._log.read_text()}")

    def get(self, path, data=None):
        address, rights = f"{self.url}formgrader/{path}", {"Authorization": "token secret"}
        body, method = (json.dumps(data).encode(), "PUT") if data else (None, "GET")
        try:
            request = urllib.request.Request(address, body, rights, method=method)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read().decode()
        except OSError as error:
            raise AssertionError(f"{method} {path}: {error}\n{self._log.read_text()}") from error

    def stop(self):
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture
def formgrader(graded, environment):
    server = Formgrader(graded, environment)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def test_formgrader_shows_and_grades(graded, formgrader):
    room = graded
    listed = {one["student"]: one for one in json.loads(formgrader.get(f"api/submissions/{room.step}"))}
    assert {name: (one["autograded"], one["score"]) for name, one in listed.items()} == {
        "anna": (True, 20.0),
        "ben": (True, 25.0),
    }
    (essay,) = json.loads(formgrader.get("api/submitted_notebooks/essay/essay"))
    assert (essay["needs_manual_grade"], essay["max_score"], essay["written_score"]) == (True, 10.0, 0.0)
    page = formgrader.get(f"submissions/{essay['id']}/")
    assert "Because <strong>gates</strong>." in page
    assert "passed · 1.7 last_valid · 2 of 2 points" in page
    (step,) = (
        one
        for one in json.loads(formgrader.get(f"api/submitted_notebooks/{room.step}/{room.name}"))
        if one["student"] == "anna"
    )
    shown = formgrader.get(f"submissions/{step['id']}/")
    assert "not yet · 1.7 last_valid · 0 of 2 points" in shown
    assert "&lt;b&gt;printed&lt;/b&gt;" in shown
    assert "steal()" not in shown

    grades = {one["name"]: one for one in json.loads(formgrader.get(f"api/grades?submission_id={essay['id']}"))}
    formgrader.get(f"api/grade/{grades['why']['id']}", {"manual_score": 2.5, "extra_credit": None})
    with room.records() as records:
        assert not room.enter(records, room.essay(why="Because **gates**."), room.submission("anna", "essay")).changed
    assert room.grades(assignment="essay")["why"] == (None, 2.5, False)
