"""What bubblewrap is asked for, where Python and the course lie in unusual places."""

import sys
from pathlib import Path

import pytest

from rnncourse.grading.sandbox import bubblewrap


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a system folder, an environment, the Python it was made from, and a clone of the course."""
    places = {name: tmp_path / name for name in ("system", "env", "home/python/3.11.7", "clone")}
    for path in places.values():
        (path / "bin").mkdir(parents=True)
    (tmp_path / "home/python/3.11.7/bin/python3.11").write_text("", encoding="ascii")
    (tmp_path / "home/python/3.11").symlink_to("3.11.7")
    (tmp_path / "env/bin/python").symlink_to(tmp_path / "home/python/3.11/bin/python3.11")
    monkeypatch.setattr(bubblewrap, "SYSTEM", (str(places["system"]),))
    for name, path in (("prefix", "env"), ("base_prefix", "home/python/3.11")):
        monkeypatch.setattr(sys, name, str(tmp_path / path))
        monkeypatch.setattr(sys, name.replace("prefix", "exec_prefix"), str(tmp_path / path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "env/bin/python"))
    monkeypatch.setattr(bubblewrap.rnncourse, "__file__", str(tmp_path / "clone/rnncourse/__init__.py"))
    return tmp_path


def binds(machine):
    """(option, path inside) of each mount, without the machine's own folder in front."""
    words = list(bubblewrap._programs("VIEW"))
    found = []
    for at, word in enumerate(words):
        if word in ("--ro-bind", "--symlink"):
            found.append((word, words[at + 2].removeprefix(f"{machine}/")))
        elif word in ("--tmpfs", "--remount-ro"):
            found.append((word, words[at + 1].removeprefix(f"{machine}/")))
    return found


def test_environment_and_python_are_shown_at_their_own_places(machine):
    assert binds(machine) == [
        ("--ro-bind", "system"),
        ("--ro-bind", "env"),
        ("--ro-bind", "home/python/3.11"),
        ("--ro-bind", "home/python/3.11.7"),
        ("--ro-bind", "clone/rnncourse"),
    ]


def test_folders_on_the_way_are_open_to_every_user(machine):
    words = list(bubblewrap._programs("VIEW"))
    made = [words[at + 1] for at, word in enumerate(words) if word == "--dir"]
    assert str(machine / "home" / "python") in made and made.index(str(machine)) < made.index(str(machine / "home"))


def test_links_to_python_that_lie_elsewhere_are_made_again(machine, monkeypatch):
    (machine / "tools").mkdir()
    (machine / "tools" / "python").symlink_to(machine / "env/bin/python")
    monkeypatch.setattr(sys, "executable", str(machine / "tools/python"))
    assert ("--symlink", "tools/python") in binds(machine)


def test_a_clone_inside_a_folder_that_is_shown_is_covered(machine, monkeypatch):
    (machine / "system/clone/solutions").mkdir(parents=True)
    monkeypatch.setattr(bubblewrap.rnncourse, "__file__", str(machine / "system/clone/rnncourse/__init__.py"))
    found = binds(machine)
    assert found[:2] == [("--ro-bind", "system"), ("--tmpfs", "system/clone")]
    assert found[-2:] == [("--ro-bind", "system/clone/rnncourse"), ("--remount-ro", "system/clone")]


def test_an_environment_inside_a_covered_clone_is_shown_again(machine, monkeypatch):
    (machine / "system/clone/solutions").mkdir(parents=True)
    (machine / "system/clone/.venv").mkdir()
    monkeypatch.setattr(bubblewrap.rnncourse, "__file__", str(machine / "system/clone/rnncourse/__init__.py"))
    monkeypatch.setattr(sys, "prefix", str(machine / "system/clone/.venv"))
    assert ("--ro-bind", "system/clone/.venv") in binds(machine)


@pytest.mark.parametrize(("user", "uids", "first"), [(0, "0 0 4294967295", 1), (0, "0 100000 65536", 3), (1000, "", 2)])
def test_the_machine_s_own_root_is_never_mapped(monkeypatch, tmp_path, user, uids, first):
    (tmp_path / "uid_map").write_text(uids, encoding="ascii")
    monkeypatch.setattr(bubblewrap.os, "geteuid", lambda: user)
    monkeypatch.setattr(bubblewrap, "open", lambda *words, **options: (tmp_path / "uid_map").open(), raising=False)
    ways = bubblewrap.flavours()
    assert len(ways) == first and (bubblewrap.OTHER_USER in ways) == (user == 0)


def test_the_package_s_own_folder_is_where_the_view_goes():
    assert Path(bubblewrap.package_folder()).joinpath("grading", "sandbox", "bubblewrap.py").is_file()
