"""Time, memory, disk, processes and output without end: each ends at its bound, and the next student's turn comes.

Every bomb here also ends by itself, so that a hole in the walls costs a test and not the machine: a few hundred
processes for some seconds, 3 GB of memory, 1 GB of disk.
"""

import io
import json
import os
import zipfile

from tests.grading.attacks.attack import SHORT, attack

ANYTHING = "def ngram_bits(*args):\n    return 0.0"
AFTER = "check_ngram_bits"  # a cell that comes after all that is graded


def in_the_call(work, body, name="ngram_bits"):
    work.solve("last_valid")
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    work.write(name, f"import ctypes, os, signal, sys, threading, time\nimport numpy as np\ndef {name}(*anything):\n{lines}")


# ---------------------------------------------------------------- time


@attack(may=2.0, keeps=2.0)
def a_cell_without_end(work):
    """A loop that never ends, between right cells: it is interrupted."""
    work.solve("last_valid")
    work.add("while True:\n    pass", before="last_valid")


@attack(may=2.0, keeps=2.0)
def a_cell_that_swallows_interrupts(work):
    """A loop that catches everything, and one whose process ignores signals: the kernel has to go."""
    work.solve("last_valid")
    work.add("""
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            try:
                time.sleep(1)
            except:
                pass
    """, before="last_valid")  # fmt: skip


@attack(may=2.0, keeps=2.0, finding="never ends")
def a_call_without_end(work):
    """A loop in the function, which catches everything."""
    in_the_call(work, "while True:\n    try:\n        while True:\n            pass\n    except:\n        pass")


@attack(may=2.0, keeps=2.0, finding="never ends")
def a_call_that_sleeps(work):
    """The function sleeps for a day, and waits for a lock that nobody gives back."""
    in_the_call(work, "time.sleep(86400)")


@attack(may=2.0, wall=SHORT)
def a_call_that_stops_the_clock(work):
    """The alarm that ends a call is taken away, and signals are blocked."""
    in_the_call(work, "signal.setitimer(signal.ITIMER_REAL, 0)\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True:\n    time.sleep(1)")


@attack(may=2.0, wall=SHORT)
def a_call_deep_in_c(work):
    """Big numbers and a hopeless regular expression, which hear no signal until they are done."""
    in_the_call(work, "return len(str(7 ** 10 ** 9))")
    work.write("stateful_batches", "import re\ndef stateful_batches(*anything):\n    return re.match('(a*)*' * 20 + 'b', 'a' * 2000)")


@attack(may=2.0, wall=SHORT)
def an_error_whose_text_never_ends(work):
    """The message of an exception is computed without end, after the call and its time limit are over."""
    in_the_call(work, "class E(Exception):\n    def __str__(self):\n        while True:\n            pass\nraise E")


@attack(wall=SHORT)
def slow_in_every_exercise(work):
    """Each function takes nearly as long as it may, so that the whole would take for ever."""
    for name in ("encode_text", "next_step_pairs", "make_windows", "chronological_split", "standardize", "pad_sequences", "ngram_bits"):
        work.write(name, f"import time\ndef {name}(*anything):\n    time.sleep(4.5)\n    return 0.0")


@attack(wall=SHORT)
def slow_in_every_cell(work):
    """Fifty cells that each take nearly as long as a cell may."""
    work.write("ngram_bits", ANYTHING)
    for n in range(50):
        work.add(f"import time\ntime.sleep(3.5)  # {n}", before=AFTER)


@attack(may=2.0, keeps=2.0)
def ends_that_hang(work):
    """Finalisers, exit functions and threads that never end, which a polite end would wait for."""
    work.solve("last_valid")
    work.add("""
        import atexit, threading, time, weakref
        def for_ever(*anything):
            while True:
                time.sleep(0.1)
        class Clinging:
            __del__ = for_ever
        held = Clinging()
        atexit.register(for_ever)
        weakref.finalize(held, for_ever)
        for _ in range(5):
            threading.Thread(target=for_ever).start()
    """, before=AFTER)  # fmt: skip


# ---------------------------------------------------------------- processes, memory, disk


@attack(may=2.0, ran=True)
def a_fork_bomb(work):
    """Four hundred processes that start others; each ends by itself after some seconds."""
    work.solve("last_valid")
    work.add("""
        import os, time
        started, until = [], time.time() + 8
        def bomb():
            for _ in range(400):
                pid = os.fork()
                if pid == 0:
                    while time.time() < until:
                        time.sleep(0.5)
                    os._exit(0)
                started.append(pid)
        _tried("400 processes", bomb)
        print(len(started), "were started")
        for pid in started:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
    """, before=AFTER)  # fmt: skip


@attack(may=2.0, keeps=2.0, ran=True)
def a_thread_bomb(work):
    """A thousand threads that sleep for some seconds."""
    work.solve("last_valid")
    work.add("""
        import threading, time
        done = threading.Event()
        def bomb():
            for _ in range(1000):
                threading.Thread(target=done.wait, args=(8,), daemon=True).start()
        _tried("1,000 threads", bomb)
        done.set()
        time.sleep(0.3)
    """, before=AFTER)  # fmt: skip


@attack(may=2.0, keeps=2.0, ran=True)
def a_memory_bomb(work):
    """Three gigabytes in a cell, in one process; they are given back."""
    work.solve("last_valid")
    work.add("""
        import numpy as np
        held = []
        def bomb():
            for _ in range(48):
                held.append(np.ones(8 * 2**20))  # 64 MB each
        _tried("3 GB", bomb)
        held.clear()
    """, before="last_valid")  # fmt: skip


@attack(may=2.0, keeps=2.0)
def a_memory_bomb_of_many(work):
    """The same in four processes at once, each of which stays below the bound of one, in the call."""
    in_the_call(work, """children = []
for n in range(4):
    pid = os.fork()
    if pid == 0:
        try:
            held = np.ones(100 * 2**20)  # 800 MB
            time.sleep(2)
        finally:
            os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
return 0.0""")


@attack(may=2.0, keeps=2.0, ran=True)
def a_disk_bomb(work):
    """One gigabyte into each place that can be written to, in files of any size, and very many small ones."""
    work.solve("last_valid")
    work.add("""
        places = ["/tmp", "/dev/shm", str(_Path.home()), "."]
        def fill(place):
            for n in range(16):
                with open(f"{place}/rnn-attack-{n}", "wb", buffering=0) as file:
                    for _ in range(64):
                        if file.write(bytes(2**20)) < 2**20:
                            raise OSError("full")
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for place in places:
            _tried(f"1 GB in {place}", lambda: fill(place))
            for path in _Path(place).glob("rnn-attack-*"):
                path.unlink()
        def large():
            with open("/tmp/rnn-attack-large", "wb") as file:
                file.seek(2**40)
                file.write(b"x")
        _tried("a file of 1 TB with a hole", large)
    """, before="last_valid")  # fmt: skip


@attack(may=2.0, keeps=2.0, ran=True)
def uses_up_descriptors(work):
    """Files and sockets are opened until no more can be, and given back."""
    work.solve("last_valid")
    work.add("""
        import os, socket
        held = []
        def bomb():
            for _ in range(5000):
                held.append(os.open("/dev/null", os.O_RDONLY))
        _tried("5,000 open files", bomb)
        for number in held:
            os.close(number)
    """, before="last_valid")  # fmt: skip


# ---------------------------------------------------------------- output and answers


@attack(may=2.0, keeps=2.0)
def prints_without_end(work):
    """A flood of printed text, of errors, of pictures and of text past Jupyter, in a cell and in the call."""
    work.solve("last_valid")
    work.write("ngram_bits", """
        import sys
        def ngram_bits(*anything):
            for n in range(20_000):
                print("x" * 100)
                print("y" * 100, file=sys.stderr)
            return 0.0
    """)
    work.add("""
        import os, sys, time
        from IPython.display import display
        until = time.time() + 1.5
        while time.time() < until:
            print("flood " * 1000)
            print("flood " * 1000, file=sys.stderr)
            display({"text/plain": "x" * 10_000, "text/html": "<b>" * 10_000}, raw=True)
            try:
                os.write(1, b"z" * 100_000)
                os.write(2, b"z" * 100_000)
            except OSError:
                pass
    """, before="last_valid")  # fmt: skip


@attack(may=2.0)
def one_giant_message(work):
    """One message of 40 MB, larger than any may be, as text, as a picture and as a comm."""
    work.solve("last_valid")
    work.add("""
        import comm
        from IPython.display import display
        display({"text/plain": "x" * 40 * 2**20}, raw=True)
        display({"image/png": "A" * 40 * 2**20}, raw=True)
        comm.create_comm(target_name="x", data={"x": "y" * 40 * 2**20})
    """, before=AFTER)  # fmt: skip


@attack(may=2.0, keeps=2.0, finding="too large")
def an_answer_that_is_too_large(work):
    """Arrays of 8 MB in one function, of 8 GB without any content in another."""
    in_the_call(work, "return np.zeros(2**20)")
    in_the_call(work, "return np.broadcast_to(np.float64(1), (2**15, 2**15))", "stateful_batches")
    in_the_call(work, "return np.broadcast_to(np.float64(1), (2**15, 2**15))", "encode_text")


@attack(may=2.0, keeps=2.0)
def answers_without_bottom(work):
    """Lists that hold themselves, very deep ones, and ones that grow while they are read."""
    in_the_call(work, "a = []\na.append(a)\nreturn a")
    in_the_call(work, "a = 1.0\nfor _ in range(100_000):\n    a = [a]\nreturn a, a", "stateful_batches")
    in_the_call(work, "class Grows(list):\n    def __len__(self):\n        self.append(0)\n        return 10**9\nreturn Grows([1]), Grows([1])", "next_step_pairs")


@attack(may=2.0, wall=SHORT)
def a_reply_full_of_brackets(work):
    """A reply of a few megabytes whose parsed form would take hundreds: lists in lists, side by side and inside each other."""
    work.solve("last_valid")
    work.add("""
        import sys
        _beside = sys.modules["_rnncourse_beside"]
        texts = iter(["[" + "[]," * 600_000 + "[]]", '{"list":[' + '{"a":1},' * 200_000 + "1]}", '{"list":[' * 150_000])
        _beside.answer = lambda text, names, most: _beside.Answer(next(texts, "{}"))
        from ipykernel.kernelapp import IPKernelApp
        kernel = IPKernelApp.instance().kernel
        real = kernel.session.send
        def send(stream, message, content=None, *more, **words):
            if message == "execute_reply" and content and content.get("user_expressions"):
                content["junk"] = [[] for _ in range(1_500_000)]
            return real(stream, message, content, *more, **words)
        kernel.session.send = send
    """, before=AFTER)  # fmt: skip


@attack(may=2.0)
def a_reply_that_is_hard_to_say(work):
    """The name and text of the error that a cell replies with are no texts, but deep lists and long ones."""
    work.solve("last_valid")
    work.add("""
        from ipykernel.kernelapp import IPKernelApp
        kernel = IPKernelApp.instance().kernel
        real = kernel.session.send
        deep = []
        for _ in range(900):
            deep = [deep]
        def send(stream, message, content=None, *more, **words):
            if message == "execute_reply":
                content = {"status": "error", "ename": deep, "evalue": {"a": deep}, "traceback": deep, "execution_count": deep}
            return real(stream, message, content, *more, **words)
        kernel.session.send = send
    """, before=AFTER)  # fmt: skip
    work.add("1 / 0", before=AFTER)


# ---------------------------------------------------------------- what is handed in


@attack(remark="not taken|not unpacked")
def a_zip_bomb(work):
    """An archive of a few hundred kilobytes that unpacks to gigabytes, and one in another."""
    work.notebook = None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(40):
            archive.writestr(f"{n}.ipynb", bytes(20 * 2**20))
        archive.writestr("inner.zip", buffer.getvalue()[:1000])
    work.put("work.zip", buffer.getvalue())


@attack(may=2.0, wall=SHORT)
def very_many_cells(work):
    """A notebook of 100,000 cells, with a right one among them."""
    work.solve("last_valid")
    cell = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}
    work.notebook["cells"] += [{**cell, "id": f"c{n}"} for n in range(100_000)]


@attack()
def json_that_is_too_deep(work):
    """Brackets in brackets in place of a notebook, and very many side by side."""
    work.hand_in('{"cells": ' + "[" * 200_000 + "]" * 200_000 + ', "nbformat": 4}')


@attack()
def json_that_is_too_wide(work):
    """Millions of empty lists, which are small as text and large when parsed."""
    work.hand_in('{"cells": [' + "[]," * 5_000_000 + '[]], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}')


@attack()
def numbers_that_are_too_long(work):
    """Numbers of a million digits, infinities and no numbers where nbformat has its own."""
    digits = "9" * 1_000_000
    work.hand_in(f'{{"cells": [], "nbformat": {digits}, "nbformat_minor": 1e999, "metadata": {{"a": NaN, "b": -Infinity, "c": {digits}}}}}')


@attack(may=2.0, keeps=2.0, remark="not taken|MB")
def a_file_of_a_terabyte(work):
    """A file with a hole that is a terabyte long, beside an honest notebook."""
    work.solve("last_valid")
    for name in ("data.bin", "other.ipynb"):
        with open(work.folder / name, "wb") as file:
            os.truncate(file.fileno(), 2**40)


@attack(may=2.0, keeps=2.0, remark="more than|may have")
def very_many_files(work):
    """Six thousand files beside an honest notebook."""
    work.solve("last_valid")
    for n in range(6000):
        (work.folder / f"f{n}.txt").touch()


@attack(may=2.0)
def a_cell_of_many_megabytes(work):
    """One cell whose source is 5 MB of one line, and a Markdown cell that is larger still."""
    work.solve("last_valid")
    work.add("x = '" + "y" * 5 * 2**20 + "'", before=AFTER)
    work.add("#" * 6 * 2**20, before=AFTER, kind="markdown")


@attack(may=2.0, wall=SHORT)
def code_that_parsers_fear(work):
    """Sources that bring parsers to their knees: deep nesting of every kind, long chains, strings that never close."""
    work.solve("last_valid")
    n = 20_000
    for text in (
        "(" * n + ")" * n, "[" * 100 + "]" * 100, "a" + ".b" * n, "a = " + "-" * n + "1", "lambda: " * n + "1", "f(" * n, "x = " + "1+" * n + "1",
        "if x:\n    pass\n" + "elif x:\n    pass\n" * n, "a if b else " * n + "c", "not " * n + "x", "f'" + "{" * n, '"""' + "'" * n, "'a' " * n,
        "\n".join(" " * k + "if x:" for k in range(99)), "x = " + "{1:" * n, "\\\n" * n, "@a\n" * n + "def f(): pass", "a" * n + "é" * n, "\x00", "\udce9",
        "global " + ", ".join(f"a{k}" for k in range(n)), "def f(" + ", ".join(f"a{k}" for k in range(n)) + "): pass", "# coding: rot13\n" + "x" * n,
    ):  # fmt: skip
        work.add(text, before=AFTER)


@attack(may=5.0, wall=SHORT)
def code_that_is_hard_to_search(work):
    """Half a megabyte of blank lines, of values in a text, of quotes and names; and depth beside a right solution."""
    work.solve("make_windows", "last_valid")
    work.write("make_windows", work.cell("make_windows")["source"] + "\ndeep = " + "lambda:" * 600 + "1\nlong = a" + ".b" * 600 + "\n")
    for text in (
        "\n" * 500_000, "f'" + "{a}" * 100_000 + "'", " \n" * 200_000 + "x", "\t " * 200_000 + "\n" + "%" * 1000, "'" * 300_000,
        "\\" * 300_001, "a=" * 100_000,
    ):  # fmt: skip
        work.add(text, before=AFTER)


@attack(may=2.0, keeps=2.0)
def text_that_readers_fear(work):
    """Markdown that slow parsers take for ever over: brackets, stars, quotes and lists in each other, in cells of text."""
    work.solve("last_valid")
    n = 30_000
    for text in (
        "[" * n, "[a](" * n, "*a _b " * n, "`" * n + "a", ">" * n + "a", "<a " * n, "![" * n + "](x)" * n, "|" * n + "\n" + "|-" * n, "$" * n,
        "&" * n + "amp;" * n, "<!--" * n, "[a]: <" * n, "~~a" * n, "\\\\" * n, "a\n=\n" * n, "<b>" * n, "$\\frac{" * n, "{" * n + "}" * n,
        "\n".join("  " * k + "- a" for k in range(300)),
    ):  # fmt: skip
        work.add(text, kind="markdown")


@attack(may=2.0, keeps=2.0)
def code_that_takes_long_to_compare(work):
    """Four hundred texts with thousands of different words each, so that finding out which is which takes long."""
    work.solve("last_valid")
    for n in range(400):
        work.add(" ".join(f"w{k}_{n % 7}" for k in range(2500)), before="last_valid", kind="markdown")


def _oversized(outcome):
    assert len(json.dumps(outcome.page)) < 4 * 2**20


@attack(may=2.0, also=_oversized)
def old_outputs_without_end(work):
    """The notebook comes with twenty megabytes of its own outputs in every cell."""
    work.solve("last_valid")
    text = {"output_type": "stream", "name": "stdout", "text": "passed! 25 points\n" * 50_000}
    for cell in work.notebook["cells"]:
        if cell["cell_type"] == "code" and cell["id"].startswith("check_"):
            cell["outputs"] = [text, text]
