"""Ready-made code that is looked for where it was: it is not there, in no process and on no disk, and torch's refuses.

The course's modules that hold an answer of the assignment have no code in the sandbox, whatever way leads to them. What
cannot be absent, torch's operators and autograd, refuses while a function is checked, in every thread, and what is done
to get round that is seen.
"""

from tests.grading.attacks.attack import attack, solutions
from tests.grading.attacks.honest import honest

NAMED = "does what this exercise asks you to write"
EVADES = "out of sight of the watch"

BACKWARD = """
    import numpy as np
    from rnncourse.cells import {kind}
    def rnn_backward(dhs, x, h0, hs, W_xh, W_hh):
        b = (np.arctanh(hs[:, 0]) - x[:, 0] @ W_xh - h0 @ W_hh).mean(axis=0)
        layer = {kind}(W_xh, W_hh, b)
        dx, dh0, gradients = layer.backward(dhs, layer.forward(x, h0)[-1])
        return dx, dh0, gradients["W_xh"], gradients["W_hh"], gradients["b"]
    def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
        dx, dh_prev, *weights = rnn_backward(dh[:, None], x[:, None], h_prev, h[:, None], W_xh, W_hh)
        return dx[:, 0], dh_prev, *weights
"""


@attack(step=2, finding=NAMED)
def the_fast_layer_backwards(work):
    """FastRNN's backward pass, with the bias found from the first states."""
    work.write("rnn_step_backward", BACKWARD.format(kind="FastRNN"))
    work.write("rnn_backward", "one = 1")


@attack(step=2, finding=NAMED)
def a_stream_of_it(work):
    """`stream`, as the README shows it, for a step and for a sequence; and a layer as a step."""
    work.write("rnn_step", """
        from rnncourse.cells import RNN, stream
        def rnn_step(x, h, W_xh, W_hh, b):
            return stream(RNN(W_xh, W_hh, b), len(x), h).step(x).copy()
    """)
    work.write("rnn_forward", """
        import numpy as np
        from rnncourse.states import as_step
        def rnn_forward(x, h0, W_xh, W_hh, b):
            step, h, hs = as_step(RNN(W_xh, W_hh, b)), h0, []
            for t in range(x.shape[1]):
                h = step(x[:, t], h)
                hs.append(h)
            return np.stack(hs, axis=1)
    """)


@attack(step=3, finding=NAMED)
def what_the_lists_left_out(work):
    """FastLSTM's backward pass, the half-life of the states, a stream of a GRU, torch's own decompositions."""
    work.write("lstm_step_backward", """
        from rnncourse.cells import FastLSTM
        def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
            layer = FastLSTM(W_x, W_h, b)
            dx, (dh0, dc0), g = layer.backward(dh[:, None], layer.forward(x[:, None], (h_prev, c_prev))[-1], (0 * dc, dc))
            return dx[:, 0], dh0, dc0, g["W_x"], g["W_h"], g["b"]
    """)
    work.write("memory_half_life", "from rnncourse.states import half_life as memory_half_life")
    work.write("gru_step", """
        from rnncourse.cells import GRU, stream
        def gru_step(x, h, W_x, W_h, b_x, b_h):
            return stream(GRU(W_x, W_h, b_x, b_h), len(x), h).step(x).copy()
    """)
    work.write("gru_forward", """
        import torch
        from torch._decomp.decompositions import gru_impl
        def gru_forward(x, h0, W_x, W_h, b_x, b_h):
            t = torch.from_numpy
            return gru_impl(t(x), t(h0)[None], [t(W_x.T.copy()), t(W_h.T.copy()), t(b_x), t(b_h)], True, 1, 0.0, False, False, True)[0].numpy()
    """)


SEARCH = """
    import gc, glob, importlib.util, inspect, marshal, os, pickle, sys, types
    import rnncourse
    {find}
    def rnn_step(x, h, W_xh, W_hh, b):
        return ready.rnn_step(x, h, W_xh, W_hh, b)
    def rnn_forward(x, h0, W_xh, W_hh, b):
        return ready.rnn_forward(x, h0, W_xh, W_hh, b)
"""


@attack(step=2, finding=NAMED)
def its_file_loaded_by_hand(work):
    """The module's source is read from the disk and run under another name."""
    work.write("rnn_step", SEARCH.format(find="""
    path = os.path.join(os.path.dirname(rnncourse.__file__), "cells", "rnn.py")
    spec = importlib.util.spec_from_file_location("mine", path)
    ready = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ready)
"""))


@attack(step=2, finding=NAMED)
def its_bytecode(work):
    """The compiled file is unmarshalled and run, in case only the source was taken away."""
    work.write("rnn_step", SEARCH.format(find="""
    (path,) = glob.glob(os.path.join(os.path.dirname(rnncourse.__file__), "cells", "__pycache__", "rnn.*.pyc"))
    ready = types.ModuleType("mine")
    exec(marshal.loads(open(path, "rb").read()[16:]), vars(ready))
"""))


@attack(step=2, finding=NAMED)
def unpickled(work):
    """A pickle that names it, a reduce that finds it, and the class's own method taken off an instance."""
    work.write("rnn_step", """
        import pickle
        from rnncourse.cells import RNN
        class Finds:
            def __reduce__(self):
                return eval, ("__import__('rnncourse.cells.rnn', fromlist=['x']).rnn_step",)
        ready = pickle.loads(pickle.dumps(Finds()))
        named = pickle.loads(b"crnncourse.cells.rnn\\nrnn_forward\\n.")
        def rnn_step(x, h, W_xh, W_hh, b):
            return ready(x, h, W_xh, W_hh, b)
        def rnn_forward(*given):
            return named(*given)
    """)


@attack(step=2, ran=True)
def searches_the_disk(work):
    """Every file of the sandbox that can be read is searched for the code of the answer."""
    work.add("""
        import glob, os, site, sys, rnncourse
        tops = [os.path.dirname(rnncourse.__file__), *site.getsitepackages(), sys.prefix, "/home", "/tmp", "/run", "/work", "/root", _HOST["repository"]]
        found = set()
        for top in tops:
            for place, folders, names in os.walk(top):
                folders[:] = [name for name in folders if place.count("/") - top.count("/") < 3 and name not in ("torch", "scipy", "sklearn", "pandas")]
                for name in names:
                    if "rnn" in name or "step2" in name or "language_model" in name:
                        try:
                            content = open(os.path.join(place, name), "rb").read(200_000)
                        except OSError:
                            continue
                        if b"x[:, t], h, W_xh, W_hh, b" in content or b"np.tanh(x @ W_xh" in content:
                            found.add(os.path.join(place, name))
        _tried("the disk", lambda: _any(found))
    """)


@attack(step=2, finding=f"{NAMED}|{EVADES}|no result")
def in_processes_from_before(work):
    """Processes that were started in the cell wait for the arguments: a fork, a subprocess, both with the course's code and torch's."""
    work.write("rnn_step", """
        import os, pickle, struct
        asked, ask = os.pipe()
        answer, answers = os.pipe()
        def receive(pipe):
            size = struct.unpack("q", os.read(pipe, 8))[0]
            data = b""
            while len(data) < size:
                data += os.read(pipe, size - len(data))
            return pickle.loads(data)
        def send(pipe, thing):
            data = pickle.dumps(thing)
            os.write(pipe, struct.pack("q", len(data)) + data)
        if os.fork() == 0:
            import torch
            while True:
                x, h, W_xh, W_hh, b = map(torch.from_numpy, receive(asked))
                send(answers, torch.rnn_tanh_cell(x, h, W_xh.T, W_hh.T, b, 0 * b).numpy())
        def rnn_step(*given):
            send(ask, given)
            return receive(answer)
    """)
    work.write("rnn_forward", """
        import subprocess, sys
        CODE = (
            "import pickle, sys\\nfrom rnncourse.cells import rnn_forward\\n"
            "while True:\\n    sys.stdout.buffer.write(pickle.dumps(rnn_forward(*pickle.load(sys.stdin.buffer))))\\n    sys.stdout.buffer.flush()"
        )
        worker = subprocess.Popen([sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        def rnn_forward(*given):
            pickle.dump(given, worker.stdin)
            worker.stdin.flush()
            return pickle.load(worker.stdout)
    """)


TORCH = """
import numpy as np, torch
def given(*arrays):
    return [torch.from_numpy(np.ascontiguousarray(a)) for a in arrays]
"""


@attack(step=2, finding=NAMED)
def in_threads_from_before(work):
    """A thread and a pool of threads that were started in the cell, one of them with its profiler taken away."""
    work.add(TORCH)
    work.write("rnn_step", """
        import queue, sys, threading
        asked, answered = queue.Queue(), queue.Queue()
        def worker():
            sys.setprofile(None)
            while True:
                x, h, W_xh, W_hh, b = given(*asked.get())
                try:
                    answered.put(torch.rnn_tanh_cell(x, h, W_xh.T, W_hh.T, b, 0 * b).numpy())
                except RuntimeError as error:
                    answered.put(error)
        threading.Thread(target=worker, daemon=True).start()
        def rnn_step(*arguments):
            asked.put(arguments)
            return answered.get()
    """)
    work.write("rnn_step_backward", """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(1)
        pool.submit(print, "warm").result()
        def work(dh, x, h_prev, h, W_xh, W_hh):
            b = (torch.atanh(h) - x @ W_xh - h_prev @ W_hh)[0]
            leaves = [a.clone().requires_grad_() for a in (x, h_prev, W_xh, W_hh, b)]
            x, h_prev, W_xh, W_hh, b = leaves
            e = torch.exp(-2 * (x @ W_xh + h_prev @ W_hh + b))
            torch.autograd.backward((((1 - e) / (1 + e)) * dh).sum())
            return tuple(a.grad.numpy() for a in leaves)
        def rnn_step_backward(*arguments):
            return pool.submit(work, *given(*arguments)).result()
    """)


@attack(step=2, finding=NAMED)
def under_the_names_of_torch(work):
    """torch's operators past its Python code: torch.ops, torch._VF, a compiled script, a traced function."""
    work.add(TORCH)
    work.write("rnn_step", """
        def rnn_step(*arguments):
            x, h, W_xh, W_hh, b = given(*arguments)
            return torch.ops.aten.rnn_tanh_cell.default(x, h, W_xh.T, W_hh.T, b, 0 * b).numpy()
    """)
    work.write("rnn_forward", """
        @torch.jit.script
        def compiled(x, h, W, U, b):
            return torch.rnn_tanh(x, h, [W, U, b, 0 * b], True, 1, 0.0, False, False, True)[0]
        def rnn_forward(*arguments):
            x, h0, W_xh, W_hh, b = given(*arguments)
            return compiled(x, h0[None], W_xh.T, W_hh.T, b).numpy()
    """)
    work.write("softmax_cross_entropy", """
        def softmax_cross_entropy(logits, targets, mask):
            z, y, m = given(logits, targets, mask)
            loss = torch.ops.aten.cross_entropy_loss(z[m], y[m])
            p = torch.softmax(z, -1)
            p[torch.arange(len(z))[:, None], torch.arange(z.shape[1]), y] -= 1
            return loss.item(), (p * m[..., None] / m.sum()).numpy()
    """)
    work.write("sample_next", """
        def sample_next(logits, temperature, rng):
            torch.manual_seed(int(rng.integers(2**31)))
            (z,) = given(logits)
            return torch.ops.aten.multinomial(torch.softmax(z / temperature, -1), 1)[:, 0].numpy()
    """)


@attack(step=2, finding=NAMED)
def gradients_by_other_doors(work):
    """Autograd by its engine, by torch.func, inside a compiled script, and forwards by dual numbers."""
    work.add(TORCH)
    work.write("rnn_step_backward", """
        def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
            b = (np.arctanh(h) - x @ W_xh - h_prev @ W_hh)[0]
            d, *leaves = given(dh, x, h_prev, W_xh, W_hh, b)
            leaves = [a.clone().requires_grad_() for a in leaves]
            e = torch.exp(-2 * (leaves[0] @ leaves[2] + leaves[1] @ leaves[3] + leaves[4]))
            loss = ((1 - e) / (1 + e) * d).sum()
            engine = torch.autograd.Variable._execution_engine
            return tuple(g.numpy() for g in engine.run_backward((loss,), (torch.ones_like(loss),), False, False, tuple(leaves), allow_unreachable=True, accumulate_grad=False))
    """)
    work.write("gradient_norm_by_lag", """
        def gradient_norm_by_lag(dh_last, hs, W_hh):
            d, hs, W = given(dh_last, hs, W_hh)
            norms = [d.norm().item()]
            for t in range(hs.shape[1] - 1, 0, -1):
                _, back = torch.func.vjp(lambda h, t=t: torch.atanh(hs[:, t]).tanh() * 0 + (torch.atanh(hs[:, t]) + (h - hs[:, t - 1]) @ W).tanh(), hs[:, t - 1])
                (d,) = back(d)
                norms.append(d.norm().item())
            return np.array(norms)
    """)


@attack(step=2, finding=f"{NAMED}|{EVADES}")
def blinds_the_watch(work):
    """The watch's table is emptied during the call, the names are moved away before, the code is changed and copied."""
    work.add(TORCH)
    work.write("softmax_cross_entropy", """
        import sys, types
        F = torch.nn.functional
        real = F.cross_entropy
        copied = types.FunctionType(real.__code__.replace(co_firstlineno=1, co_filename="mine.py", co_name="mine"), real.__globals__, "mine", real.__defaults__)
        F.cross_entropy = torch.nn.CrossEntropyLoss = lambda *a, **k: None
        def softmax_cross_entropy(logits, targets, mask):
            z, y, m = given(logits, targets, mask)
            p = torch.softmax(z, -1)
            p[torch.arange(len(z))[:, None], torch.arange(z.shape[1]), y] -= 1
            return copied(z[m], y[m]).item(), (p * m[..., None] / m.sum()).numpy()
    """)
    work.write("clip_by_global_norm", """
        from torch.nn.utils import clip_grad_norm_
        def clip_by_global_norm(grads, max_norm):
            note = sys.getprofile()
            for cell in (note.__closure__ or ()) if note else ():
                if isinstance(cell.cell_contents, dict):
                    cell.cell_contents.clear()
            leaves = [torch.zeros(np.shape(g), dtype=torch.float64) for g in grads]
            for leaf, g in zip(leaves, grads):
                leaf.grad = torch.from_numpy(np.array(g, float))
            norm = clip_grad_norm_(leaves, max_norm).item()
            return [leaf.grad.numpy() for leaf in leaves], norm
    """)


@attack(step=2, finding=f"{NAMED}|{EVADES}")
def past_python(work):
    """ctypes and raw threads: a library's handle in the call, a thread by the function that was kept from before."""
    work.add(TORCH)
    work.write("rnn_step", """
        import ctypes
        def rnn_step(x, h, W_xh, W_hh, b):
            ctypes.CDLL(torch._C.__file__)
            return np.tanh(x @ W_xh + h @ W_hh + b)
    """)
    work.write("rnn_step_backward", """
        import _thread, time
        asked, answered = [], []
        def wait():
            while True:
                if asked:
                    dh, x, h_prev, h, W_xh, W_hh = given(*asked.pop())
                    leaves = [a.clone().requires_grad_() for a in (x, h_prev, W_xh, W_hh, (torch.atanh(h) - x @ W_xh - h_prev @ W_hh)[0])]
                    e = torch.exp(-2 * (leaves[0] @ leaves[2] + leaves[1] @ leaves[3] + leaves[4]))
                    answered.append([g.numpy() for g in torch.autograd.grad(((1 - e) / (1 + e) * dh).sum(), leaves)])
                time.sleep(0.0005)
        for function in (cell.cell_contents for cell in _thread.start_new_thread.__closure__):
            if type(function).__name__ == "builtin_function_or_method":
                function(wait, ())
        def rnn_step_backward(*arguments):
            asked.append(arguments)
            while not answered:
                time.sleep(0.0005)
            return answered.pop()
    """)


@attack(step=3, finding=NAMED)
def gates_of_torch(work):
    """torch's LSTM and GRU as operators, as modules made before, and in a copy of torch's module under another name."""
    work.add(TORCH, before="lstm_step")
    work.write("lstm_step", """
        def lstm_step(*arguments):
            x, h, c, W_x, W_h, b = given(*arguments)
            return tuple(a.numpy() for a in torch._C._VariableFunctions.lstm_cell(x, (h, c), W_x.T, W_h.T, b, 0 * b))
    """)
    work.write("lstm_forward", """
        import importlib.util, sys
        spec = importlib.util.spec_from_file_location("torch.nn.modules.mine", torch.nn.modules.rnn.__file__)
        mine = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(mine)
        def lstm_forward(*arguments):
            x, h, c, W_x, W_h, b = given(*arguments)
            layer, cs = mine.LSTM(W_x.shape[0], W_h.shape[0], batch_first=True).double(), []
            with torch.no_grad():
                for p, value in zip(layer.parameters(), (W_x.T, W_h.T, b, 0 * b)):
                    p.copy_(value)
                state, hs = (h[None], c[None]), []
                for t in range(x.shape[1]):
                    out, state = layer(x[:, t : t + 1], state)
                    hs.append(out[:, 0])
                    cs.append(state[1][0])
            return torch.stack(hs, 1).numpy(), torch.stack(cs, 1).numpy()
    """)
    work.write("gru_step", """
        def gru_step(*arguments):
            x, h, W_x, W_h, b_x, b_h = given(*arguments)
            return torch.ops.aten.gru_cell(x, h, W_x.T, W_h.T, b_x, b_h).numpy()
    """)
    work.write("gru_forward", """
        @torch.jit.script
        def compiled(x, h, W, U, b, c):
            return torch.gru(x, h, [W, U, b, c], True, 1, 0.0, False, False, True)[0]
        def gru_forward(*arguments):
            x, h, W_x, W_h, b_x, b_h = given(*arguments)
            return compiled(x, h[None], W_x.T, W_h.T, b_x, b_h).numpy()
    """)


# ---------------------------------------------------------------- a copy is a remark, and honest work is not accused


@honest(13.0, step=3, remark=r"notice: .*tools\.py: mine reads as ")
def reads_as_ours(work):
    """A helper file whose function is one of the course's with other names of variables: its points stay, a person is told where to look."""
    import inspect

    from rnncourse.cells import lstm

    work.solve("lstm_step", "lstm_forward", "lstm_step_backward")
    source = inspect.getsource(lstm.lstm_step_backward).replace("def lstm_step_backward", "def mine")
    for old, new in (("dh_prev", "before"), ("dc_prev", "cell"), ("h_prev", "was"), ("c_prev", "cell_was")):
        source = source.replace(old, new)
    work.put("tools.py", "import numpy as np\nfrom rnncourse.cells import sigmoid\n\n\n" + source)


NOT_NOTICED = r"\A(?!.*notice)(?s:.*)\Z"


@honest(8.0, step=2, remark=NOT_NOTICED)
def tries_it_out(work):
    """Answers that are compared with the course's and with torch's own, in cells of their own and in those of the answers."""
    work.write("rnn_step", """
        from rnncourse.cells import RNN, rnn_step as theirs
        import torch
        rng = np.random.default_rng(0)
        x, h, W, U, b = (rng.normal(size=s) for s in ((2, 3), (2, 4), (3, 4), (4, 4), 4))
        wanted = theirs(x, h, W, U, b)
        size = wanted.shape
    """ + "\n" + "\n".join("        " + line for line in solutions(2)["rnn_step"].splitlines()) + """
        print(np.abs(rnn_step(x, h, W, U, b) - wanted).max())
    """)
    forward = solutions(2)["rnn_forward"]
    work.write("rnn_forward", f"{forward}\n\nlayer = torch.nn.RNN(3, 4, batch_first=True)\nlayer(torch.zeros(1, 2, 3))\nRNN(W, U, b).forward(np.zeros((1, 2, 3)))")
    work.add("mine = rnn_forward(np.zeros((2, 5, 3)), h, W, U, b)\nassert np.allclose(mine, RNN(W, U, b).forward(np.zeros((2, 5, 3)), h)[0])\nprint(1)", before="rnn_step_backward")
    work.solve("gradient_norm_by_lag")
    work.add("from rnncourse.cells.language_model import CharacterModel\nCharacterModel.random(np.random.default_rng(0), 5).bits([1, 2])", before="sample_next")
    work.add("loss = torch.nn.functional.cross_entropy(torch.zeros(2, 3, requires_grad=True), torch.tensor([0, 1]))\nloss.backward()\nprint(loss)", before="sample_next")
    work.write("rnn_step_backward", "1 / 0")


@honest(6.0, step=2, remark=NOT_NOTICED)
def measures_itself(work):
    """cProfile, profile, timeit, a tracer and progress bars inside the answers, and %prun, %timeit and background threads around them."""
    clip = solutions(2)["clip_by_global_norm"].replace("def clip_by_global_norm", "def _clip")
    work.write("clip_by_global_norm", "import cProfile, io, pstats, timeit\n" + clip + """
def clip_by_global_norm(grads, max_norm):
    with cProfile.Profile() as profile:
        result = _clip(grads, max_norm)
    pstats.Stats(profile, stream=io.StringIO()).sort_stats("cumtime").print_stats(3)
    other = cProfile.Profile()
    other.enable()
    timeit.timeit(lambda: 1, number=3)
    other.disable()
    other.create_stats()
    return result
""")
    step = solutions(2)["gradient_norm_by_lag"].replace("def gradient_norm_by_lag", "def _by_lag")
    work.write("gradient_norm_by_lag", "import profile, sys, threading\n" + step + """
def gradient_norm_by_lag(dh_last, hs, W_hh):
    before = sys.getprofile()
    sys.setprofile(None)
    got = profile.Profile().runcall(_by_lag, dh_last, hs, W_hh)
    sys.setprofile(before)
    return got
""")
    work.add("import time\nthreading.Thread(target=lambda: time.sleep(3), daemon=True).start()\n%prun -q sum(range(1000))\n%timeit -n 2 -r 1 sum(range(10))", before="sample_next")
    work.add("import subprocess, sys\nleft = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])", before="rnn_step")
