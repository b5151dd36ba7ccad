"""Honest work that is unusual: nothing of it may cost a point.

Written like attacks, with the points that the work is worth as what it `may` get and `keeps`.
"""

import io
import json
import zipfile

from tests.grading.attacks.attack import attack, solutions


def honest(points, **fields):
    """Work that is worth these points, no more and no less."""
    return attack(may=points, keeps=points, **fields)


def changed(name, *pairs, step=1):
    """The right solution with texts replaced."""
    source = solutions(step)[name]
    for old, new in pairs:
        assert old in source, f"{name} holds no {old!r}"
        source = source.replace(old, new)
    return source


def beginning(name, *lines, step=1):
    """The right solution with lines put in front of what it returns."""
    return changed(name, ("    return ", "".join(f"    {line}\n" for line in lines) + "    return "), step=step)


# ---------------------------------------------------------------- what functions do beside their result


@honest(5.0)
def warns_on_stderr(work):
    """Warnings of NumPy and of its own, and lines on the error stream, in the call and in the cell."""
    noisy = ("import sys, warnings", "np.log(np.zeros(3))", "np.float64(1) / 0", "warnings.warn('careful')", "print('a line', file=sys.stderr)")
    work.write("make_windows", beginning("make_windows", *noisy))
    work.write("last_valid", beginning("last_valid", *noisy))
    work.add("import sys, warnings\nwarnings.warn('old')\nprint('careful', file=sys.stderr)\nnp.log(-1.0)", before="last_valid")


@honest(6.0)
def shows_progress(work):
    """Progress bars: rich's, which draws from a thread of its own, a hand-made one, and a bar that is cleared."""
    work.write("make_windows", beginning("make_windows", "from rich.progress import track", "[n for n in track(range(50), description='windows')]"))
    work.write("pad_sequences", beginning("pad_sequences", "for n in range(100):", "    print(f'\\r{n} %', end='', flush=True)"))
    work.add("""
        from IPython.display import clear_output, display, ProgressBar
        for n in ProgressBar(20):
            print(n)
            clear_output(wait=True)
    """, before="make_windows")  # fmt: skip


@honest(2.0)
def prints_thousands_of_lines(work):
    """Every call prints five thousand lines."""
    work.write("last_valid", beginning("last_valid", "for n in range(5000):", "    print(n, states.shape, lengths)"))


@honest(7.0)
def gives_tensors(work):
    """torch tensors in place of arrays, with a gradient where they can have one."""
    work.write("last_valid", changed("last_valid", ("return np.asarray(states)[np.arange(len(lengths)), lengths - 1]", "import torch\n    return torch.tensor(np.asarray(states)[np.arange(len(lengths)), lengths - 1], requires_grad=True)")))
    work.write("next_step_pairs", changed("next_step_pairs", ("return inputs.copy(), targets.copy()", "import torch\n    return torch.from_numpy(inputs.copy()), torch.from_numpy(targets.copy())")))
    work.write("encode_text", changed("encode_text", ("return np.array(", "import torch\n    return torch.tensor("), ("dtype=np.int64", "dtype=torch.int64")))


@honest(7.0)
def gives_lists(work):
    """Lists and tuples in place of arrays, and a list in place of a tuple."""
    work.write("last_valid", changed("last_valid", ("lengths - 1]", "lengths - 1].tolist()")))
    work.write("next_step_pairs", changed("next_step_pairs", ("return inputs.copy(), targets.copy()", "return [tuple(map(tuple, inputs.tolist())), targets.tolist()]")))
    work.write("encode_text", "def encode_text(text, vocabulary):\n    place = {c: n for n, c in enumerate(vocabulary)}\n    return [place[c] for c in text]")


@honest(6.0)
def uses_threads(work):
    """A function that works in threads of its own, without anything ready-made in them."""
    work.write("make_windows", """
        import numpy as np
        from concurrent.futures import ThreadPoolExecutor
        def make_windows(series, length, horizon):
            starts = range(len(series) - length - horizon + 1)
            with ThreadPoolExecutor(2) as pool:
                x = list(pool.map(lambda s: series[s : s + length], starts))
                y = list(pool.map(lambda s: series[s + length : s + length + horizon], starts))
            return np.stack(x), np.stack(y)
    """)
    work.write("pad_sequences", beginning("pad_sequences", "import threading", "one = threading.Thread(target=sum, args=([1, 2],))", "one.start()", "one.join()"))


@honest(8.0, step=2)
def imports_in_the_call(work):
    """torch, SciPy, scikit-learn, pandas and matplotlib are imported for the first time when the function is called."""
    work.write("rnn_step", beginning("rnn_step", "import torch, scipy.optimize", step=2))
    work.write("rnn_forward", changed("rnn_forward", ("    h, hs = h0, []", "    import pandas, sklearn.preprocessing\n    h, hs = h0, []"), step=2))
    work.write("clip_by_global_norm", beginning("clip_by_global_norm", "import matplotlib.pyplot as plt", "import torch", step=2))


# ---------------------------------------------------------------- what else stands in the notebook


@honest(5.0)
def helper_cells_around(work):
    """Functions and constants in cells of its own, before and after the one that uses them."""
    work.add("ONE = 1\nfrom functools import reduce", before="encode_text")
    work.add("def last_of(rows, lengths):\n    return rows[np.arange(len(lengths)), lengths - ONE]", before="last_valid")
    work.write("last_valid", "def last_valid(states, lengths):\n    return last_of(np.asarray(states), np.asarray(lengths)) * after()")
    work.add("def after():\n    return ONE", before="check_ngram_bits")
    work.solve("make_windows")


@honest(5.0)
def helper_files(work):
    """A module, a package and a data file beside the notebook, and one that a cell writes."""
    work.put("mytools.py", "def minus_one(n):\n    return n - 1\n")
    work.put("mylib/__init__.py", "from mylib.deep import same\n")
    work.put("mylib/deep.py", "def same(x):\n    return x\n")
    work.put("data/one.csv", "1\n")
    work.write("last_valid", """
        import mylib, mytools
        from pathlib import Path
        ONE = int(Path("data/one.csv").read_text())
        def last_valid(states, lengths):
            return mylib.same(np.asarray(states)[np.arange(len(lengths)), mytools.minus_one(np.asarray(lengths))]) * ONE
    """)
    work.add("%%writefile written.py\ndef noted(x):\n    return x", before="make_windows")
    work.write("make_windows", "import written\n" + changed("make_windows", ("return x, y", "return written.noted(x), y")))


@honest(5.0)
def magics(work):
    """Line and cell magics, shell commands, %run, %timeit, question marks, and %%time over a solution."""
    work.put("mine.py", "FROM_RUN = 1\n")
    work.solve("make_windows")
    work.write("last_valid", "%%time\n" + solutions(1)["last_valid"].replace("lengths - 1", "lengths - FROM_RUN"))
    work.add("%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'retina'\n%run mine.py\n!ls -la\nfiles = !ls", before="make_windows")
    work.add("%timeit -n 2 -r 1 sum(range(100))\nlast_valid?\n%who\n!echo {len(files)}\n%%html", before="check_ngram_bits")
    work.add("%%capture\nprint('hidden')", before="make_windows")


@honest(5.0)
def draws_and_trains(work):
    """Figures, a small training, tables and HTML in cells of its own."""
    work.solve("make_windows", "last_valid")
    work.add("""
        import matplotlib.pyplot as plt
        import torch
        from IPython.display import HTML
        model = torch.nn.RNN(3, 4, batch_first=True)
        optimiser = torch.optim.Adam(model.parameters())
        losses = []
        for _ in range(20):
            loss = model(torch.randn(5, 6, 3))[0].pow(2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        plt.plot(losses)
        plt.show()
        display(HTML("<b>done</b>"))
        losses[-1]
    """, before="last_valid")  # fmt: skip


@honest(5.0)
def sets_seeds_and_types(work):
    """Global seeds, default types, print options and error settings are set, which the judge shares the process with."""
    work.solve("make_windows", "last_valid")
    work.add("""
        import random
        import numpy as np
        import torch
        np.random.seed(0)
        random.seed(0)
        torch.manual_seed(0)
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(1)
        np.set_printoptions(precision=2, suppress=True)
        np.seterr(all="raise")
        import warnings
        warnings.filterwarnings("error")
    """)


@honest(5.0)
def defines_it_twice(work):
    """A first, wrong version in a cell before, a right one later, and the wrong one kept under another name."""
    work.add("def last_valid(states, lengths):\n    return states[:, -1]\nold = last_valid", before="last_valid")
    work.solve("last_valid")
    work.write("make_windows", "def make_windows(series, length, horizon):\n    return None")
    work.add(solutions(1)["make_windows"], before="check_ngram_bits")


@honest(4.0)
def uses_given_names(work):
    """Code that needs names which the course's own cells make, by imports, loops, definitions and changes in place."""
    work.write("last_valid", "assert len(alphabet) > 20 and len(messages.text) == len(text)\n" + solutions(1)["last_valid"])
    work.write("encode_text", "first = [text[k] for k in range(3)]\nlabels = data.glucose().source\n" + solutions(1)["encode_text"])


@honest(5.0)
def broken_cells_in_between(work):
    """Cells that do not run: a syntax error, a name that is missing, an assertion, an unfinished function, a call for input."""
    work.solve("make_windows", "last_valid")
    for source in ("def unfinished(x:\n    ", "missing_name + 1", "assert 1 == 2, 'to do'", "for x in", "input('your name?')", "raise SystemExit", "import tensorflow as tf", "1/0"):
        work.add(source, before="make_windows")


@honest(5.0)
def asks_the_course(work):
    """Cells of its own with check, hint, progress and predict, whose results it uses."""
    work.solve("make_windows", "last_valid")
    work.add("""
        check(make_windows)
        check(last_valid)
        hint("1.1")
        hint(last_valid)
        progress()
        progress(1)
        if ready(make_windows):
            print("ready")
        guess = predict("many", "1 alphabet")
    """, before="check_ngram_bits")  # fmt: skip
    work.add("import sys\nassert check(last_valid) is None, 'check gives nothing back'\nprint(check)", before="check_ngram_bits")


@honest(5.0)
def ends_with_exit(work):
    """`exit()` between right cells and `quit()` at the end, as one ends a session in a terminal."""
    work.solve("make_windows", "last_valid")
    work.add("exit()", before="last_valid")
    work.add("quit", before="check_ngram_bits")
    work.add("quit()", before="check_ngram_bits")


@honest(2.0)
def trains_for_too_long(work):
    """A cell that takes longer than a cell may, between right ones: it is stopped, and costs nothing."""
    work.solve("last_valid")
    work.add("import time\nfor epoch in range(1000):\n    time.sleep(0.1)", before="last_valid")


@honest(2.0)
def installs_a_package(work):
    """A cell that installs what is there already or cannot be had without a network."""
    work.solve("last_valid")
    work.add("!pip install --quiet numpy", before="last_valid")


@honest(5.0)
def writes_python_as_others_do(work):
    """Annotations, classes, decorators, async, walrus, match, main guards, other alphabets and pictures in comments."""
    work.write("last_valid", '''
        from __future__ import annotations
        import functools
        from dataclasses import dataclass
        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper
        @dataclass
        class Zustand:
            größe: int = 1  # \N{GRINNING FACE} größer as null
        @logged
        def last_valid(states: np.ndarray, lengths: "list[int]") -> np.ndarray:
            """Der letzte Zustand."""
            match (n := np.asarray(lengths)):
                case _:
                    return np.asarray(states)[np.arange(len(n)), n - Zustand().größe]
        if __name__ == "__main__":
            print(last_valid(np.zeros((2, 3, 4)), [1, 2]).shape)
    ''')
    work.write("make_windows", "class Windows:\n    def __call__(self, series, length, horizon):\n        return right(series, length, horizon)\n\nmake_windows = Windows()")
    work.add(solutions(1)["make_windows"].replace("def make_windows", "def right"), before="make_windows")
    work.add("import asyncio\nasync def wait():\n    await asyncio.sleep(0)\nawait wait()", before="check_ngram_bits")


@honest(5.0)
def adds_to_given_cells(work):
    """Imports and a constant are written into the course's own first cell, as every editor but Jupyter's allows."""
    cell = work.cell("imports")
    cell["source"] = ["import math\n", "import numpy\n", *cell["source"], "\n", "ONE = 1"]
    work.write("last_valid", solutions(1)["last_valid"].replace("lengths - 1", "lengths - math.floor(ONE)").replace("np.arange", "numpy.arange"))
    work.solve("make_windows")


# ---------------------------------------------------------------- how it is handed in


@honest(5.0)
def renamed(work):
    """The browser put a number behind the name."""
    work.solve("make_windows", "last_valid")
    work.path = work.folder / "sequence_data (1).ipynb"


@honest(5.0)
def in_a_folder(work):
    """The notebook lies in a folder of the student's own."""
    work.solve("make_windows", "last_valid")
    work.path = work.folder / "my work" / "sequence_data.ipynb"
    work.path.parent.mkdir()


@honest(5.0)
def zipped(work):
    """A zip with the notebook in a folder, as a course's website asks for it."""
    work.solve("make_windows", "last_valid")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("homework/sequence_data.ipynb", json.dumps(work.notebook))
        archive.writestr("__MACOSX/homework/._sequence_data.ipynb", b"x")
    work.notebook = None
    work.put("homework.zip", buffer.getvalue())


@honest(5.0)
def through_colab(work):
    """Colab: the ids and nbgrader's metadata are lost, and there are metadata of its own."""
    work.solve("make_windows", "last_valid")
    for n, cell in enumerate(work.notebook["cells"]):
        del cell["id"]
        cell["metadata"] = {"id": f"aB{n}cD", "colab": {"base_uri": "https://localhost:8080/"}, "outputId": f"out-{n}"}
    work.notebook |= {"nbformat": 4, "nbformat_minor": 0, "metadata": {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}}


@honest(5.0)
def a_copied_cell(work):
    """The solution's cell was copied with its id: an empty one stands above the right one, an old one below another."""
    work.solve("make_windows", "last_valid")
    for key, empty_first in (("make_windows", True), ("last_valid", False)):
        place = work.notebook["cells"].index(work.cell(key))
        copy = json.loads(json.dumps(work.cell(key)))
        copy["source"] = f"# Your code here, later: {key}"
        work.notebook["cells"].insert(place + (0 if empty_first else 1), copy)


@honest(5.0)
def windows_line_ends(work):
    """Carriage returns at the ends of all lines of all cells."""
    work.solve("make_windows", "last_valid")
    for cell in work.notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


@honest(5.0)
def another_kernels_name(work):
    """An environment of the student's own, with a name that nobody else has, and another version of Python."""
    work.solve("make_windows", "last_valid")
    work.notebook["metadata"] = {
        "kernelspec": {"name": "conda-env-rnn2-py", "display_name": "Python [conda env:rnn2]", "language": "python"},
        "language_info": {"name": "python", "version": "3.14.1"}, "vscode": {"interpreter": {"hash": "ab"}}, "toc": {"base_numbering": 1},
    }  # fmt: skip


@honest(25.0)
def everything_with_outputs(work):
    """All exercises right, as executed, with outputs, execution counts and a widget's state."""
    work.solve()
    for n, cell in enumerate(work.notebook["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = n
            cell["outputs"] = [{"output_type": "execute_result", "execution_count": n, "data": {"text/plain": "1", "text/html": "<b>1</b>"}, "metadata": {}}]
            cell["metadata"] |= {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}, "collapsed": True, "scrolled": False}
    work.notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "version_minor": 0, "state": {}}}
