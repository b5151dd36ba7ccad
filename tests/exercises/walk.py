"""Calls everything public of the course and of the installed libraries with an exercise's cases; a program of its own.

    python -P tests/exercises/walk.py FOLDER course|libraries < questions.pickle > answers.pickle

FOLDER is imported from first: the package as an assignment's sandbox shows it. Whatever gives an exercise's expected
results is reported, by calls that a learner could make: with the arguments as they are, as tensors, the first of them
only; a layer made of the weights and then run, stepped, streamed and differentiated; a layer of torch filled with them.
"""

import contextlib
import importlib
import inspect
import os
import pickle
import pkgutil
import re
import signal
import sys
import tempfile
import warnings
from functools import cache

import numpy as np

LIBRARIES = (
    "numpy", "numpy.linalg", "numpy.lib.stride_tricks", "scipy.special", "scipy.linalg", "scipy.stats", "scipy.signal",
    "scipy.optimize", "torch", "torch.nn", "torch.nn.functional", "torch.nn.utils", "torch.nn.utils.rnn", "torch.linalg",
    "torch.special", "torch.autograd.functional", "torch.func", "torch._decomp.decompositions", "torch._C._nn",
)  # fmt: skip
# What would change this process, wait for something or write files; and what is only a name for arithmetic.
LEFT_ALONE = re.compile(
    r"^(set_|seterr|manual_|seed|save|load|write|tofile|fromfile|from_file|open|memmap|exit|test$|show|info$|lookfor|source$|compile|"
    r"_?(cuda|mps|xpu|mkldnn_reorder|cudnn|miopen)|hub|import_|fork|wait|abort|init_|enable|disable|use_|get_file|savetxt|"
    r"DataSource|fft|random_|_assert|_debug|_dynamo|resize_|_resize|sym_|_linalg_check|_thnn_fused|_sparse|sparse_|to_sparse|"
    r"_to_sparse|_nested|nested|_pin|pin_|_test_|record_stream|_fw_|_make_|_amp|_coalesce|ccol|crow|_backward$|vmap|cond|"
    r"while_loop|quantile_new|export|library|dequantize|unsafe_|triton|_triton|set$|_set|_convert|_segment|_embedding|_weight|_use_|_validate|"
    r"_grid|_upsample|_cdist|_pdist|_trilinear|_compute|_foreach|_histogram|_cslt|_choose|_fake|_fused|_lu|_new|_index|_unsafe|_scaled_mm|"
    r"_scaled_grouped|_grouped|_int_mm|_mixed|_mkldnn_|_batch_norm|_ctc|_conv|_empty|_efficient|_flash|_nnpack|_dirichlet|_sample|_standard|"
    r"_spdiags|_spsolve|_stack|_sobol|_values|_version|_wrapped|_native_multi|_neg_view|_local|_jagged|_indices|_has|_is|_safe|_propagate|_prelu)"
)


def main(folder, what):
    sys.path.insert(0, folder)
    with tempfile.TemporaryDirectory() as place, open(os.devnull, "w") as nowhere, os.fdopen(os.dup(1), "wb") as out:
        os.chdir(place)
        for number in (1, 2):  # libraries write there past Python
            os.dup2(nowhere.fileno(), number)
        questions, passed = pickle.load(sys.stdin.buffer)
        warnings.simplefilter("ignore")
        np.seterr(all="ignore")
        for line in answers(questions, passed, what):
            pickle.dump(line, out)
            out.flush()


def answers(questions, passed, what):
    """Each candidate's name before it is called, and (exercise, candidate, way, results that it gives in each case).

    Args:
        passed: names that are done with; an operator of torch may end the process when it is called like this.
    """
    own = dict(of_course())
    for dotted, thing in (own if what == "course" else dict(of_libraries())).items():
        if dotted not in passed:
            yield dotted
            slow = []  # what takes long once is a measurement or a training, and no answer
            for way, attempt in ways(thing, own.values() if dotted in own else ()):
                for question in questions:
                    if not slow and (got := given(question | {"slow": slow}, attempt)):
                        yield question["id"], dotted, way, got


# ---------------------------------------------------------------- what there is to call


def of_course():
    """(dotted name, callable) of all public names of the package but figures, each where it is defined."""
    import rnncourse

    for module in pkgutil.walk_packages(rnncourse.__path__, "rnncourse."):
        if module.name.split(".")[1] in ("cells", "data", "models", "states", "benchmark"):
            here = importlib.import_module(module.name)
            for name, thing in vars(here).items():
                # a number is an open file to what reads files
                if not name.startswith(("_", "read_")) and callable(thing) and getattr(thing, "__module__", "") == module.name:
                    yield f"{module.name}.{name}", thing


def of_libraries():
    """The same of the libraries, and every operator of torch."""
    seen = set()
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            module = importlib.import_module(library)
            for name in dir(module):
                thing = getattr(module, name, None)
                plain = callable(thing) and not name.startswith("__") and not LEFT_ALONE.match(name)
                if plain and id(thing) not in seen and not inspect.ismodule(thing):
                    seen.add(id(thing))
                    yield f"{library}.{name}", thing
    import torch

    names = {full.partition("::")[2].partition(".")[0] for full in torch._C._dispatch_get_all_op_names() if full.startswith("aten::")}
    for name in sorted(names):
        if not LEFT_ALONE.match(name) and not name.endswith("_"):
            yield f"torch.ops.aten.{name}", getattr(torch.ops.aten, name)


# ---------------------------------------------------------------- how it can be called


def ways(thing, makers):
    """(name, function of the case's arguments by name) of all ways to call it."""
    import torch

    if inspect.isclass(thing):
        if issubclass(thing, torch.nn.Module):
            yield from of_torch_layer(thing)
        elif (type(thing).__module__ or "") == "builtins" and getattr(thing, "__module__", "").startswith("rnncourse"):
            yield from of_layer(thing, makers)
        return
    takes, where = numbers_of_arguments(thing), str(getattr(thing, "__module__", ""))
    if not isinstance(thing, torch._ops.OpOverloadPacket):
        yield "called", lambda args: passed(thing, args.values(), takes)
        yield "called with the first", lambda args: passed(thing, list(args.values())[: max(len(args) - 1, 1)], takes)
        yield "called with the first alone", lambda args: passed(thing, list(args.values())[:1], takes)
    if not where.startswith(("numpy", "scipy")):
        yield "called with tensors", lambda args: passed(thing, map(tensor, args.values()), takes)
        yield "called with the first tensor", lambda args: passed(thing, [tensor(next(iter(args.values())))], takes)
        yield "called as a recurrent operator", lambda args: as_operator(thing, args, takes)


def passed(thing, values, takes):
    values = list(values)
    if takes is not None and len(values) not in takes:
        raise TypeError
    return thing(*values)


def numbers_of_arguments(thing):
    """How many arguments it takes by position, as a set; None if that cannot be known. A wrong call costs much time."""
    import torch

    if isinstance(thing, torch._ops.OpOverloadPacket) or getattr(thing, "__name__", "") and hasattr(torch.ops.aten, thing.__name__):
        schemas = torch._C._jit_get_schemas_for_operator(f"aten::{thing.__name__.removeprefix('aten::')}")
        if schemas:
            return {n for one in schemas for n in between_defaults([a for a in one.arguments if not a.kwarg_only], lambda a: a.has_default_value())}
    if isinstance(thing, np.ufunc):
        return {thing.nin}
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return set(between_defaults([p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)], lambda p: p.default is not p.empty))


def between_defaults(parameters, has_default):
    return range(sum(not has_default(p) for p in parameters), len(parameters) + 1)


def of_layer(kind, makers):
    """A layer of the course's form, made of the weights: run, stepped, differentiated; and by all that takes a layer."""

    def made(args):
        weights, _ = parted(args)
        return kind(**weights)

    def forward(args):
        x, state, step = inputs_of(args)
        return made(args).forward(x, state)

    def backward(args):
        layer = made(args)
        x, state, step = inputs_of(args)
        dhs, dstate = upstream(args, state, step)
        return layer.backward(dhs, layer.forward(x, state)[-1], dstate)

    def stepped(args):
        x, state, step = inputs_of(args)
        return made(args).step(x[:, 0] if step else x, state)

    yield "forward", forward
    yield "backward", backward
    yield "step", stepped
    for maker in makers:
        if inspect.isfunction(maker) and 1 <= len(inspect.signature(maker).parameters) <= 4:
            yield f"by {maker.__name__}", lambda args, maker=maker: by_maker(maker, made(args), args)


def by_maker(maker, layer, args):
    """What a function of a layer, or the object or the function that it returns, makes of the inputs; a step at a time."""
    x, state, step = inputs_of(args)
    joined = np.concatenate(state, axis=1) if isinstance(state, tuple) else state
    tries = [
        lambda: along(maker(layer, len(x), state).step, x),
        lambda: along_state(maker(layer), x, joined),
        lambda: maker(layer, x),
        lambda: maker(layer, x, state),
    ]
    got = []
    for attempt in tries:
        with contextlib.suppress(Exception):
            got.append(attempt())
    return got


def along(step, x):
    return np.stack([np.array(step(x[:, t])) for t in range(x.shape[1])], axis=1)


def along_state(step, x, h):
    hs = []
    for t in range(x.shape[1]):
        h = np.array(step(x[:, t], h))
        hs.append(h)
    hs = np.stack(hs, axis=1)
    return [hs, *(np.split(hs, 2, axis=2) if hs.shape[2] % 2 == 0 else ())]


def of_torch_layer(kind):
    """A layer of torch in float64 whose parameters are the weights, transposed and in order, and zeros where none is left."""

    def run(args):
        import torch

        weights, _ = parted(args)
        matrices, biases = [w.T for w in weights.values() if w.ndim == 2], [w for w in weights.values() if w.ndim == 1]
        H = matrices[1].shape[1]
        layer = kind(matrices[0].shape[1], H).double()
        with torch.no_grad():
            for parameter in layer.parameters():
                from_ = matrices if parameter.ndim == 2 else biases
                parameter.copy_(tensor(from_.pop(0)) if from_ else torch.zeros_like(parameter))
            x, state, step = inputs_of(args)
            both = tuple(map(tensor, state)) if isinstance(state, tuple) else tensor(state)
            if "Cell" in kind.__name__:
                return layer(tensor(x[:, 0]), both)
            both = tuple(one[None] for one in both) if isinstance(both, tuple) else both[None]
            return turned(layer(tensor(x).transpose(0, 1), both))

    yield "filled", run


def as_operator(thing, args, takes):
    """torch's two forms of a recurrent operator: of one step, and of a sequence."""
    import torch

    if takes is not None and not takes & {6, 9}:
        raise TypeError
    weights, _ = parted(args)
    matrices, biases = [tensor(w.T.copy()) for w in weights.values() if w.ndim == 2], [tensor(w) for w in weights.values() if w.ndim == 1]
    if len(matrices) != 2 or not biases:
        raise TypeError
    flat = [*matrices, biases[0], biases[1] if len(biases) > 1 else torch.zeros_like(biases[0])]
    x, state, step = inputs_of(args)
    if step:
        return thing(tensor(x[:, 0]), [tensor(s) for s in state] if isinstance(state, tuple) else tensor(state), *flat)
    hx = [tensor(s)[None] for s in state] if isinstance(state, tuple) else tensor(state)[None]
    return thing(tensor(x), hx, flat, True, 1, 0.0, False, False, True)


def turned(out):
    return [out, *(one.transpose(0, 1) for one in flat_arrays(out, tensors=True) if one.ndim == 3)]


def parted(args):
    """(weights by name, the rest): weights are the arguments that begin with W or are a bias, which is found if it is left out."""
    weights = {name: value for name, value in args.items() if re.fullmatch(r"W_\w+|b|b_[xh]", name)}
    if not weights:
        raise TypeError
    if set(weights) == {"W_xh", "W_hh"}:
        weights["b"] = left_out_bias(args)
    return weights, {name: value for name, value in args.items() if name not in weights}


def left_out_bias(args):
    """A vanilla RNN's bias from its first state: atanh(h) - x W_xh - h W_hh."""
    if "hs" in args:
        x, before, h = args["x"][:, 0], args["h0"], args["hs"][:, 0]
    else:
        x, before, h = args["x"], args["h_prev"], args["h"]
    return (np.arctanh(h) - x @ args["W_xh"] - before @ args["W_hh"]).mean(axis=0)


def inputs_of(args):
    """(x (B, T, D), the state before, whether it is one step)."""
    x, step = args["x"], args["x"].ndim == 2
    h = next(args[name] for name in ("h0", "h_prev", "h") if name in args)
    c = next((args[name] for name in ("c0", "c_prev", "c") if name in args), None)
    return x[:, None] if step else x, h if c is None else (h, c), step


def upstream(args, state, step):
    dh = args["dh"][:, None] if step else args["dhs"]
    return dh, (0 * args["dc"], args["dc"]) if "dc" in args else None


def tensor(value):
    import torch

    return torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value


# ---------------------------------------------------------------- what it gives


def given(question, attempt):
    """For each case the names of the expected results that are among what an attempt gives; empty if there are none.

    The first case of each kind decides whether the others are looked at.
    """
    first = {kind: (args, expected) for args, expected, kind in reversed(question["cases"])}
    if not any(matching(question, attempt, *case) for case in first.values()):
        return []
    return [matching(question, attempt, args, expected) for args, expected, _ in question["cases"]]


def matching(question, attempt, args, expected):
    mine = results(question, attempt, args)
    return {name for name, right in expected.items() if any(same(right, got) for got in mine)}


def results(question, attempt, args):
    """All arrays that come out, as they are and without axes of length 1."""
    copies = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in args.items()}
    try:
        with limited(0.5):
            if question["probe"]:
                found = probe_of(question["probe"])(lambda *given: attempt(dict(enumerate(given))), copies).values()
            else:
                found = flat_arrays(attempt(copies))
            return [np.squeeze(np.asarray(one)) for one in found]
    except TooLong:
        question["slow"].append(attempt)
        return []
    except (Exception, SystemExit):  # noqa: BLE001 - whatever an operator says to arguments that are not its own
        return []


@cache
def probe_of(source):
    from rnncourse.checking import probe

    space = dict(vars(probe))
    exec(source, space)
    return space["probe"]


class TooLong(BaseException):
    """A call takes longer than any answer would; not an `Exception`, which the call itself may catch."""


@contextlib.contextmanager
def limited(seconds):
    def stop(*_):
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def flat_arrays(value, tensors=False, deep=0):
    """The arrays and numbers in tuples, lists, dicts and tensors."""
    if hasattr(value, "detach"):
        yield value.detach() if tensors else value.detach().numpy()
    elif isinstance(value, np.ndarray) or np.isscalar(value):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from flat_arrays(one, tensors, deep + 1)
    elif isinstance(value, (list, tuple)) and deep < 4 and len(value) < 100:
        for one in value:
            yield from flat_arrays(one, tensors, deep + 1)


def same(right, got):
    right = np.squeeze(np.asarray(right))
    if not right.size:  # nothing is no answer
        return False
    if right.shape != got.shape or right.dtype.kind not in "biuf" or got.dtype.kind not in "biuf":
        return False
    return bool(np.allclose(np.asarray(got, float), np.asarray(right, float), rtol=1e-7, atol=1e-9, equal_nan=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
