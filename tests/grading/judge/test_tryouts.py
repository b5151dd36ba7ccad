"""A cell goes on after a try-out of ready-made code, and only after that."""

import ast
import builtins
import sys
from types import ModuleType, SimpleNamespace

import pytest

from rnncourse.grading.judge import tryouts


class ReadyMade(RuntimeError):
    pass


def theirs(*_):
    raise ReadyMade("theirs is not there")


@pytest.fixture
def run(monkeypatch):
    """Run a cell as the kernel would; returns its name space and the error that ended it."""
    absent = ModuleType("rnncourse.absent")
    absent.ReadyMade = ReadyMade
    monkeypatch.setitem(sys.modules, "rnncourse.absent", absent)
    monkeypatch.setitem(sys.modules, tryouts.ME, tryouts)
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest, real=__import__: tryouts if name == tryouts.ME else real(name, *rest))
    tryouts.lost.clear()

    def cell(source, **names):
        space = {"__name__": "__main__", "theirs": theirs, **names}
        error = None
        try:
            exec(compile(tryouts.PassOver().visit(ast.parse(source)), "cell", "exec"), space)
        except Exception as caught:
            error = caught
        return SimpleNamespace(space=space, error=error)

    return cell


def test_what_follows_a_try_out_is_there(run, capsys):
    ran = run("wanted = theirs(1)\nshape = wanted.shape\nfor one in wanted:\n    print(one)\ndef mine():\n    return 3\nx = mine()")
    assert ran.error is None and ran.space["x"] == 3
    assert capsys.readouterr().out.count("Passed over") == 3


def test_a_name_from_before_does_not_stand_in_for_what_was_passed_over(run):
    ran = run("ready = theirs(1)\ny = ready + 1\nz = 1", ready=len)
    assert ran.error is None and "y" not in ran.space and ran.space["z"] == 1


def test_a_function_of_the_learners_own_is_never_lost(run):
    ran = run("def mine():\n    return 3\nmine = theirs(mine)\nx = mine()")
    assert ran.error is None and ran.space["x"] == 3


@pytest.mark.parametrize("source", ["1 / 0", "missing", "x = [][1]\n", "raise RuntimeError('my own')\n", "if True:\n    missing\n"])
def test_every_other_error_ends_the_cell_at_its_own_line(run, source):
    ran = run(f"a = 1\n{source}\nb = 2")
    assert ran.error is not None and ran.space["a"] == 1 and "b" not in ran.space
    line, trace = None, ran.error.__traceback__
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "cell" else line
        trace = trace.tb_next
    assert line in (2, 3)
