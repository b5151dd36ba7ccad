"""The second wall: torch refuses while a function is checked, and works before and after."""

import re
import subprocess
import sys

import pytest

from rnncourse.exercises import exercises
from rnncourse.grading.judge import watch


def of_libraries():
    return sorted({name for one in exercises() for name in one.forbidden if not name.startswith("rnncourse.")})


def test_every_name_that_stands_for_operators_is_forbidden_somewhere():
    assert set(watch.OPERATORS) <= set(of_libraries())


CALLS = {
    "torch.nn.LSTM": "torch.nn.LSTM(2, 3)(torch.zeros(1, 2, 2))",
    "torch.nn.GRU": "torch.ops.aten.gru_cell.default(torch.zeros(1, 2), torch.zeros(1, 3), torch.zeros(9, 2), torch.zeros(9, 3))",
    "torch.nn.RNN": "torch._VF.rnn_tanh_cell(torch.zeros(1, 2), torch.zeros(1, 3), torch.zeros(3, 2), torch.zeros(3, 3))",
    "torch.autograd.grad": "torch.tanh(torch.ones(2, requires_grad=True)).sum().backward()",
    "torch.nn.functional.cross_entropy": "torch.ops.aten.cross_entropy_loss(torch.zeros(2, 3), torch.tensor([0, 1]))",
    "torch.nn.functional.scaled_dot_product_attention": "torch.nn.functional.scaled_dot_product_attention(*[torch.zeros(1, 2, 3)] * 3)",
    "torch.nn.utils.rnn.pad_sequence": "torch.nn.utils.rnn.pad_sequence([torch.zeros(2), torch.zeros(3)])",
    "torch.nn.utils.rnn.pack_padded_sequence": "torch.nn.utils.rnn.pack_padded_sequence(torch.zeros(2, 1, 1), torch.tensor([2]))",
    "torch.multinomial": "torch.ones(3).multinomial(1)",
}


@pytest.mark.parametrize("dotted", watch.OPERATORS)
def test_an_operator_refuses_while_it_is_forbidden(dotted):
    torch = pytest.importorskip("torch")
    call, refusals = compile(CALLS[dotted], "call", "eval"), watch.Refusals((dotted,))
    eval(call, {"torch": torch})
    refusals.begin()
    try:
        with pytest.raises(RuntimeError, match=re.escape(f"{dotted} does what this exercise asks you to write")):
            eval(call, {"torch": torch})
    finally:
        refusals.end()
    assert dotted in refusals.used
    eval(call, {"torch": torch})


KERNEL = """
import _thread, cProfile, io, pstats, sys, threading, time
from rnncourse.checking import probe
from rnncourse.grading.judge import watch
one = watch.Watch(["statistics.quantiles", "decimal.Decimal"])
{before}
def function(x):
    {call}
    return x
with one.during(("statistics.quantiles",)) as refused:
    unknown = one.threads.unknown()
    seen = probe.observe(function, lambda f, args: {{"y": f(*args.values())}}, {{"x": 1.0}}, forbidden=("statistics.quantiles",))
print(seen.trouble, seen.shortcuts, seen.blind, unknown)
"""
SEEN = "None ('statistics.quantiles',) False False"
CASES = {
    "a name that is moved": ("import statistics\nreal, statistics.quantiles = statistics.quantiles, len", "real([1, 2])", SEEN),
    "code that is copied": (
        "import statistics, types\nreal = statistics.quantiles\n"
        "code = real.__code__.replace(co_firstlineno=1, co_name='mine', co_filename='mine.py')\n"
        "mine = types.FunctionType(code, real.__globals__, 'mine', real.__defaults__)\nmine.__kwdefaults__ = real.__kwdefaults__",
        "mine([1, 2])",
        SEEN,
    ),
    "a thread from before": (
        "import statistics, queue\nasked, answered = queue.Queue(), queue.Queue()\n"
        "def work():\n    while True:\n        asked.get()\n        answered.put(statistics.quantiles([1, 2]))\n"
        "threading.Thread(target=work, daemon=True).start()",
        "asked.put(1), answered.get()",
        SEEN,
    ),
    "a thread by the function from before": (
        "held = [cell.cell_contents for cell in _thread.start_new_thread.__closure__]\n"
        "(start,) = [one for one in held if type(one).__name__ == 'builtin_function_or_method']\n"
        "start(lambda: time.sleep(9), ())\ntime.sleep(0.2)",
        "pass",
        "None () False True",
    ),
    "a table that is emptied": (
        "import statistics",
        "[c.cell_contents.clear() for c in sys.getprofile().__closure__ if isinstance(c.cell_contents, dict)]; statistics.quantiles([1, 2])",
        "None () True False",
    ),
    "the profiler taken away": ("import statistics", "sys.setprofile(None); statistics.quantiles([1, 2])", SEEN),
    "cProfile": (
        "import statistics",
        "p = cProfile.Profile(); p.enable(); statistics.quantiles([1, 2]); p.disable(); pstats.Stats(p, stream=io.StringIO()).print_stats()",
        SEEN,
    ),
    "nothing": ("import decimal", "decimal.Decimal(1)", "None () False False"),
    "a library that is imported in the call": ("", "import statistics; statistics.quantiles([1, 2])", SEEN),
}


@pytest.mark.parametrize("name", CASES)
def test_the_watch_sees(name):
    before, call, told = CASES[name]
    code = KERNEL.format(before=before, call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == told, done.stderr


@pytest.mark.parametrize(
    ("call", "told"),
    [("import statistics", "()"), ("import statistics; one.threads._setprofile(None)", "('switches off the profiler',)")],
)
def test_an_import_in_the_call_is_no_evasion(call, told):
    """The watch sets its profile function when a library comes that it knows: that is not the learner's doing."""
    code = KERNEL.format(before="from rnncourse.grading.judge import beside\nduring, told = beside.tripwire()", call=call)
    code = code.replace("f(*args.values())", "during(lambda: f(*args.values()))") + "print(told())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == [told], done.stderr


def test_other_processes_stand_still_and_go_on():
    code = "import sys, time\nwhile True:\n    print(1, flush=True)\n    time.sleep(0.01)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        processes = watch.Processes()
        processes.known, processes.alone = set(watch._running()) - {other.pid}, True
        other.stdout.readline()

        def state():
            with open(f"/proc/{other.pid}/stat", encoding="ascii") as file:
                return file.read().rpartition(") ")[2][0]

        with processes.standing_still():
            assert state() == "T"
        assert state() != "T"
        other.kill()
