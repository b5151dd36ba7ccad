"""grading/class.toml: what it may hold, and what is said where it holds something else."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rnncourse.grading.records.late import Cutoff, NoPenalty, PerDay
from rnncourse.grading.settings import Settings, SettingsError, database_of, exchange_of, path_of, read_settings, write_late


@pytest.fixture
def write(tmp_path):
    def write(text):
        path_of(tmp_path).parent.mkdir(exist_ok=True)
        path_of(tmp_path).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_without_the_file_the_defaults_hold(tmp_path):
    found = read_settings(tmp_path)
    assert found == Settings() and isinstance(found.policy, NoPenalty) and found.resubmission == "better"


def test_everything_that_it_may_hold(write, monkeypatch):
    monkeypatch.delenv("RNNCOURSE_EXCHANGE", raising=False)
    monkeypatch.delenv("RNNCOURSE_DATABASE", raising=False)
    root = write("""
        late = "10% per day, grace 15 min"
        resubmission = "last"
        exchange = "/srv/exchange"
        database = "postgresql+psycopg://teacher@db/grades"
        check_owner = false
        [assignments.1-sequence-data]
        late = "cutoff"
        [assignments."week 2/bptt"]
        resubmission = "in time"
        [limits]
        wall_seconds = 900.5
        restarts = 3
    """)
    found = read_settings(root)
    assert (found.policy, found.resubmission, found.check_owner) == (PerDay(10, timedelta(minutes=15)), "last", False)
    assert (exchange_of(root), database_of(root)) == (Path("/srv/exchange"), "postgresql+psycopg://teacher@db/grades")
    assert (found.limits.wall_seconds, found.limits.restarts) == (900.5, 3)
    own, other = found.of("1-sequence-data"), found.of("week 2/bptt")
    assert (own.policy, own.resubmission, own.limits) == (Cutoff(), "last", found.limits)
    assert (other.policy, other.resubmission) == (found.policy, "in time") and found.of("5-x") == found


def test_variables_come_before_the_file(write, monkeypatch):
    root = write('exchange = "/srv/exchange"\ndatabase = "sqlite:////srv/grades.db"\n')
    monkeypatch.setenv("RNNCOURSE_EXCHANGE", "/srv/other")
    monkeypatch.setenv("RNNCOURSE_DATABASE", "sqlite://")
    assert (exchange_of(root), database_of(root)) == (Path("/srv/other"), "sqlite://")


@pytest.mark.parametrize(("text", "said"), [
    ('\nlat = "cutoff"', "line 2: lat: no such setting; did you mean late? Known are late, resubmission"),
    ('late = "never"', 'line 1: late: late policy: cannot read "never"; expected words such as'),
    ("late = 10", "line 1: late: expected text in quotes, got 10"),
    ('# late\nresubmission = "best"', 'line 2: resubmission: expected one of "better", "last", "in time", got "best"'),
    ('check_owner = "no"', "line 1: check_owner: expected true or false, got 'no'"),
    ("exchange = true", "line 1: exchange: expected text in quotes, got True"),
    ("limits = 3", "line 1: limits: expected a table, [limits], got 3"),
    ("[limits]\nwall_second = 3", "line 2: wall_second: no such setting; did you mean wall_seconds?"),
    ("[limits]\nwall_seconds = 0", "line 2: wall_seconds: expected a number above 0, got 0"),
    ("[limits]\nprocesses = true", "line 2: processes: expected a number above 0, got True"),
    ('[assignments.a]\nexchange = "x"', "line 2: exchange: no such setting. Known are late, resubmission"),
    ('[assignments.a]\nlate = "x"', 'line 2: late: late policy: cannot read "x"'),
    ("[assignments]\na = 3", "line 2: a: expected a table"),
    ("late = ", "is not written in TOML: Invalid value"),
    ('late = "none"\nlate = "none"\n', "is not written in TOML: Cannot overwrite a value (at line 2"),
])
def test_what_it_may_not_hold_is_said_with_the_line(write, text, said):
    with pytest.raises(SettingsError) as error:
        read_settings(write(text))
    assert said in str(error.value) and str(path_of("")) in str(error.value)


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    path_of(tmp_path).mkdir(parents=True)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path)


@pytest.mark.parametrize("before", [None, "", "# ours\n# really\n", '[limits]\nprocesses = 3\n', '# a\nresubmission = "last"\n\n[assignments.a]\nlate = "none"\n'])
def test_the_late_policy_is_written_among_what_is_there(write, tmp_path, before):
    if before is not None:
        write(before)
    policy = PerDay(12.5, timedelta(minutes=90), 3, "Europe/Berlin")
    write_late(tmp_path, policy)
    text = path_of(tmp_path).read_text()
    assert read_settings(tmp_path).late == policy and all(line in text.splitlines() for line in (before or "").splitlines())
    assert path_of(tmp_path).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in path_of(tmp_path).parent.iterdir()] == ["class.toml"]


def test_an_exchange_in_the_class_is_refused_also_through_a_link(write, tmp_path, monkeypatch):
    monkeypatch.delenv("RNNCOURSE_EXCHANGE", raising=False)
    for folder in ("grading", "grading/exchange", "link/exchange"):
        root = write(f'exchange = "{folder}"\n')
        if folder.startswith("link"):
            (tmp_path / "link").symlink_to(tmp_path / "grading")
        with pytest.raises(SettingsError, match="no student may enter"):
            exchange_of(root)


def test_nbgrader_reads_the_same_settings(write, monkeypatch):
    from traitlets.config.loader import PyFileConfigLoader

    for name in ("RNNCOURSE_DATABASE", "RNNCOURSE_EXCHANGE"):
        monkeypatch.delenv(name, raising=False)
    repo = Path(__file__).parents[2]
    root = write('exchange = "shared/exchange"\ndatabase = "sqlite:////srv/grades.db"\n')
    (root / "nbgrader_config.py").write_bytes((repo / "nbgrader_config.py").read_bytes())
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    assert (config.Exchange.root, config.CourseDirectory.db_url) == (str(exchange_of(root)), database_of(root))
    path_of(root).unlink()
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    assert (config.Exchange.root, config.CourseDirectory.db_url) == (str(exchange_of(root)), database_of(root))
    assert not Path(config.Exchange.root).is_relative_to(root)


def test_nbgrader_says_what_is_wrong_with_them(write):
    repo = Path(__file__).parents[2]
    root = write('exchnage = "/srv"\n')
    (root / "nbgrader_config.py").write_bytes((repo / "nbgrader_config.py").read_bytes())
    done = subprocess.run([sys.executable, "-m", "nbgrader", "list"], cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "did you mean exchange?" in done.stdout + done.stderr
