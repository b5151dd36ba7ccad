"""Ready-made code where one is to write it: named, and without points, wherever the watch promises to see it.

The watch is a profiler beside the function. It sees the code that runs, under whatever name it was imported, in the
thread of the call and in threads that it starts; what leads out of its sight (other processes, the profiler taken
away, raw threads) is seen by an audit hook, and costs the points as well.

Where the sandbox has the function's code at all: of the course's own modules it has none, so most of these attacks end in
an error that says what is not there (see `absence`). Out of scope, because it cannot be told from honest work:

- a C function that another C function calls, such as `functools.partial` or `map`, unless it is one of torch's operators:
  Python tells no profiler of it. Where the name stands in the source, a notice tells the instructor;
- source that was copied from anywhere and runs under a new code object: it is a question of plagiarism, not of isolation.
"""

from tests.grading.attacks.attack import attack

NAMED = "does what this exercise asks you to write"
EVADES = "out of sight of the watch"


@attack(step=2, finding=NAMED)
def calls_it(work):
    """rnncourse.cells' own step, called directly."""
    work.write("rnn_step", "from rnncourse.cells import rnn_step")
    work.write("rnn_forward", "from rnncourse import cells\ndef rnn_forward(x, h0, W_xh, W_hh, b):\n    return cells.rnn_forward(x, h0, W_xh, W_hh, b)")


TORCH = """
import numpy as np, torch
def network(x, h0, W_xh, W_hh, b):
    x, h0, W_xh, W_hh, b = (torch.from_numpy(np.ascontiguousarray(a)) for a in (x, h0, W_xh, W_hh, b))
    rnn = {make}
    rnn = rnn.double()
    with torch.no_grad():
        for parameter, value in zip(rnn.parameters(), (W_xh.T, W_hh.T, b, torch.zeros_like(b))):
            parameter.copy_(value)
        return {call}
"""


@attack(step=2, finding=NAMED)
def calls_torchs_module(work):
    """torch.nn.RNN with the weights put in, from a helper in another cell."""
    work.add(TORCH.format(make="torch.nn.RNN(*W_xh.shape, batch_first=True)", call="rnn(x, h0[None])[0].numpy()"))
    work.write("rnn_forward", "def rnn_forward(x, h0, W_xh, W_hh, b):\n    return network(x, h0, W_xh, W_hh, b)")
    work.add(TORCH.replace("network", "cell").format(make="torch.nn.RNNCell(*W_xh.shape)", call="rnn(x, h0).numpy()"))
    work.write("rnn_step", "def rnn_step(x, h, W_xh, W_hh, b):\n    return cell(x, h, W_xh, W_hh, b)")


@attack(step=2, finding=NAMED)
def calls_torchs_function(work):
    """The C function under torch's module, under another name."""
    work.write("rnn_step", """
        import torch
        _hidden = getattr(torch, "rnn_" + "tanh_cell")
        def rnn_step(x, h, W_xh, W_hh, b):
            x, h, W_xh, W_hh, b = map(torch.from_numpy, (x.copy(), h.copy(), W_xh.T.copy(), W_hh.T.copy(), b.copy()))
            return _hidden(x, h, W_xh, W_hh, b, torch.zeros_like(b)).numpy()
    """)


@attack(step=2, finding=NAMED)
def calls_it_by_other_names(work):
    """An alias, a class, functools.partial and wraps, operator, a default argument, a lambda in a container."""
    work.write("rnn_step", """
        import functools, importlib
        take = functools.partial(importlib.import_module("rnncourse.cells" + ".rnn").__dict__["rnn_" + "step"])
        def rnn_step(x, h, W_xh, W_hh, b, hidden={"f": lambda *a: take(*a)}):
            return hidden["f"](x, h, W_xh, W_hh, b)
    """)
    work.write("rnn_forward", """
        import functools
        from rnncourse.cells.rnn import rnn_forward as ready
        class Mine:
            made = staticmethod(ready)
            def __call__(self, *given):
                return functools.reduce(lambda _, given: self.made(*given), [given], None)
        mine = Mine()
        @functools.wraps(ready)
        def rnn_forward(x, h0, W_xh, W_hh, b):
            return mine(x, h0, W_xh, W_hh, b)
    """)


@attack(step=2, finding=NAMED)
def autograd_in_its_place(work):
    """Gradients by autograd, as a method of the loss, where the backward pass is to be written."""
    work.write("rnn_step_backward", """
        import torch
        def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
            x, h_prev, W_xh, W_hh = (torch.from_numpy(a.copy()).requires_grad_() for a in (x, h_prev, W_xh, W_hh))
            dh, h = torch.from_numpy(dh.copy()), torch.from_numpy(h.copy())
            b = (torch.atanh(h) - x.detach() @ W_xh.detach() - h_prev.detach() @ W_hh.detach())[0].requires_grad_()
            (torch.tanh(x @ W_xh + h_prev @ W_hh + b) * dh).sum().backward()
            return tuple(a.grad.numpy() for a in (x, h_prev, W_xh, W_hh, b))
    """)


@attack(step=2, finding=f"{NAMED}|{EVADES}")
def in_a_thread(work):
    """The call is made in a thread that the function starts, and in a pool of them."""
    work.write("rnn_step", """
        from concurrent.futures import ThreadPoolExecutor
        from rnncourse.cells import rnn_step as ready
        def rnn_step(*given):
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(ready, *given).result()
    """)
    work.write("rnn_forward", """
        import threading
        from rnncourse.cells import rnn_forward as ready
        def rnn_forward(*given):
            got = []
            one = threading.Thread(target=lambda: got.append(ready(*given)))
            one.start()
            one.join()
            return got[0]
    """)


@attack(step=2, finding=EVADES)
def in_a_raw_thread(work):
    """The call is made in a thread of the lowest kind, which no profiler is told of."""
    work.write("rnn_step", """
        import _thread, time
        from rnncourse.cells import rnn_step as ready
        def rnn_step(*given):
            got = []
            _thread.start_new_thread(lambda: got.append(ready(*given)), ())
            while not got:
                time.sleep(0.001)
            return got[0]
    """)


@attack(step=2, finding=EVADES)
def in_another_process(work):
    """The call is made in a process of its own: a fork, a subprocess."""
    work.write("rnn_step", """
        import os, pickle
        from rnncourse.cells import rnn_step as ready
        def rnn_step(*given):
            read, write = os.pipe()
            if os.fork() == 0:
                os.write(write, pickle.dumps(ready(*given)))
                os._exit(0)
            os.close(write)
            return pickle.loads(open(read, "rb").read())
    """)
    work.write("rnn_forward", """
        import pickle, subprocess, sys
        CODE = "import pickle, sys; from rnncourse.cells import rnn_forward; sys.stdout.buffer.write(pickle.dumps(rnn_forward(*pickle.load(sys.stdin.buffer))))"
        def rnn_forward(*given):
            return pickle.loads(subprocess.run([sys.executable, "-c", CODE], input=pickle.dumps(given), capture_output=True).stdout)
    """)


@attack(step=2, finding=f"{NAMED}|{EVADES}")
def with_the_profiler_off(work):
    """The profiler is taken away, or another one put in its place, before the call."""
    work.write("rnn_step", """
        import sys
        from rnncourse.cells import rnn_step as ready
        def rnn_step(*given):
            sys.setprofile(None)
            return ready(*given)
    """)
    work.write("rnn_forward", """
        import cProfile
        from rnncourse.cells import rnn_forward as ready
        def rnn_forward(*given):
            return cProfile.Profile().runcall(ready, *given)
    """)


@attack(step=2, finding=EVADES)
def takes_the_watch_apart(work):
    """The function looks for the watch among the interpreter's objects, to empty it."""
    work.write("rnn_step", """
        import gc
        from rnncourse.cells import rnn_step as ready
        def rnn_step(*given):
            for thing in gc.get_objects():
                if isinstance(thing, dict) and any(getattr(key, "co_name", "") == "rnn_step" for key in thing):
                    thing.clear()
            return ready(*given)
    """)


@attack(step=2, finding=NAMED)
def as_a_new_code_object(work):
    """The function's code is copied into a new function: no call of the forbidden one, if it were there."""
    work.write("rnn_step", """
        import types
        from rnncourse.cells.rnn import rnn_step as ready
        rnn_step = types.FunctionType(ready.__code__.replace(co_name="mine"), ready.__globals__)
    """)


@attack(step=2, finding=f"no result|{NAMED}")
def in_a_thread_from_before(work):
    """A thread that was started long before the call does the work."""
    work.write("rnn_step", """
        import queue, threading
        from rnncourse.cells.rnn import rnn_step as ready
        asked, answered = queue.Queue(), queue.Queue()
        def serve():
            while True:
                answered.put(ready(*asked.get()))
        threading.Thread(target=serve, daemon=True).start()
        def rnn_step(*given):
            asked.put(given)
            return answered.get()
    """)


@attack(step=2, finding=f"{NAMED}|{EVADES}")
def with_the_watch_replaced(work):
    """The watch itself is replaced beside the learner's code."""
    work.write("rnn_step", """
        import contextlib, sys
        from rnncourse.cells.rnn import rnn_step as ready
        @contextlib.contextmanager
        def blind(forbidden):
            yield {}
        sys.modules["rnncourse.checking.probe"]._watch_shortcuts = blind
        def rnn_step(x, h, W_xh, W_hh, b):
            return ready(x, h, W_xh, W_hh, b)
    """)


@attack(finding=NAMED)
def ready_made_in_step_1(work):
    """The package's windows, splits, scaling, padding, batches and counts, and scikit-learn's scaler, in step 1."""
    work.write("make_windows", """
        from rnncourse import data
        def make_windows(series, length, horizon):
            return data.windows_and_targets(series, length, horizon)
    """)
    work.write("chronological_split", "from rnncourse.data.splits import split_by_time as chronological_split")
    work.write("pad_sequences", """
        import numpy as np, torch
        def pad_sequences(sequences, value=0.0):
            lengths = np.array([len(s) for s in sequences])
            batch = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(s) for s in sequences], batch_first=True, padding_value=value)
            return batch, lengths, np.arange(lengths.max()) < lengths[:, None]
    """)
    work.write("standardize", """
        from sklearn.preprocessing import StandardScaler
        def standardize(train, *others):
            scaler = StandardScaler().fit(train)
            return [scaler.transform(part) for part in (train, *others)], scaler.mean_, scaler.scale_
    """)
