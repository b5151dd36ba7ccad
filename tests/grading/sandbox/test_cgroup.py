"""Control groups in both forms, on a folder that looks like the system's."""

import os

import pytest

from rnncourse.grading.limits import MB, Limits
from rnncourse.grading.sandbox import cgroup

OLD = """35 31 0:32 / {0}/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / {0}/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / {0}/unified rw,relatime - cgroup2 cgroup2 rw
"""
NEW = "41 31 0:38 / {0} rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A made-up system: what /proc says, and which files a new group has."""
    told, files = {}, []
    mkdir = type(tmp_path).mkdir

    def lines(path):
        if str(path) in told:
            return told[str(path)].splitlines()
        return path.read_text(encoding="ascii").splitlines() if hasattr(path, "is_file") and path.is_file() else []

    def made(folder, *rest, **options):
        mkdir(folder, *rest, **options)
        for name in files:
            (folder / name).write_text("", encoding="ascii")

    monkeypatch.setattr(cgroup, "_lines", lines)
    monkeypatch.setattr(type(tmp_path), "mkdir", made)
    return told, files


def test_the_old_form_has_a_group_of_memory_and_one_of_processes(tmp_path, system):
    told, files = system
    told["/proc/self/mountinfo"] = OLD.format(tmp_path)
    told["/proc/self/cgroup"] = "8:pids:/\n4:memory:/user/me\n0::/\n"
    (tmp_path / "memory" / "user" / "me").mkdir(parents=True)
    (tmp_path / "pids").mkdir()
    files += ["memory.limit_in_bytes", "pids.max", "cgroup.procs", "memory.oom_control"]
    group = cgroup.new_group(Limits(memory=100 * MB, processes=50))
    assert [folder.parent for folder in group.folders] == [tmp_path / "memory" / "user" / "me", tmp_path / "pids"]
    assert (group.folders[0] / "memory.limit_in_bytes").read_text() == str(100 * MB)
    assert (group.folders[1] / "pids.max").read_text() == "52"
    group.enter([7])
    assert [(folder / "cgroup.procs").read_text() for folder in group.folders] == ["7", "7"]
    assert not group.out_of_memory
    (group.folders[0] / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    (group.folders[0] / "memory.max_usage_in_bytes").write_text(str(50 * MB))
    assert not group.out_of_memory, "what was killed below the bound was killed for want of the machine's memory"
    (group.folders[0] / "memory.max_usage_in_bytes").write_text(str(100 * MB - 4096))
    assert group.out_of_memory


def test_in_the_new_form_this_process_makes_room_for_groups_beside_it(tmp_path, system, monkeypatch):
    told, files = system
    told["/proc/self/mountinfo"] = NEW.format(tmp_path)
    told["/proc/self/cgroup"] = "0::/mine.scope\n"
    mine = tmp_path / "mine.scope"
    mine.mkdir()
    (mine / "cgroup.procs").write_text(f"{os.getpid()}\n")
    (mine / "cgroup.subtree_control").write_text("")
    files += ["memory.max", "pids.max", "cgroup.procs", "memory.events"]
    told[str(mine / "cgroup.subtree_control")] = "memory pids"  # as the system answers to "+memory +pids"
    asked, write = [], type(tmp_path).write_text
    monkeypatch.setattr(
        type(tmp_path),
        "write_text",
        lambda path, text, **rest: asked.append((path.name, text)) or write(path, text, **rest),
    )
    group = cgroup.new_group(Limits(memory=100 * MB))
    assert (mine / cgroup.OWN / "cgroup.procs").read_text() == str(os.getpid())
    assert [text for name, text in asked if name == "cgroup.subtree_control"] == ["+memory +pids", "+cpu"]
    assert group.folders[0].parent == mine and (group.folders[0] / "memory.max").read_text() == str(100 * MB)


@pytest.mark.parametrize("members", ["1\n{me}\n", "{me}\n"])
def test_where_the_system_hands_nothing_on_there_is_no_group(tmp_path, system, members):
    """Others in our group are never moved; and a system that refuses is taken at its word."""
    told, _ = system
    told["/proc/self/mountinfo"] = NEW.format(tmp_path)
    told["/proc/self/cgroup"] = "0::/session.scope\n"
    (tmp_path / "session.scope").mkdir()
    for name, text in (("cgroup.procs", members.format(me=os.getpid())), ("cgroup.subtree_control", "")):
        (tmp_path / "session.scope" / name).write_text(text)
    told[str(tmp_path / "session.scope" / "cgroup.subtree_control")] = ""
    assert cgroup.new_group(Limits()) is None
    assert (tmp_path / "session.scope" / cgroup.OWN).exists() == (members == "{me}\n")


def test_without_control_groups_there_is_none(system):
    assert cgroup.new_group(Limits()) is None


def test_groups_of_processes_that_were_killed_are_swept(tmp_path):
    (tmp_path / "rnncourse-999999999-1").mkdir()
    (tmp_path / f"rnncourse-{os.getpid()}-1").mkdir()
    cgroup._sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"rnncourse-{os.getpid()}-1"]
