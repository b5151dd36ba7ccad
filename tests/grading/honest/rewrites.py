"""Ways to write any solution: each is applied to one exercise of every step."""

import re
import textwrap

from tests.grading.honest.code import function, other_locals
from tests.grading.honest.variant import rewrite

# ---------------------------------------------------------------- the shape of the function


@rewrite()
def type_hints(source):
    """Every parameter and the result have a type hint, some of them as text."""
    one = function(source)
    hinted = re.sub(r"(?<![*\w])([A-Za-z_]\w*)(?=,|$|=)", r"\1: 'np.ndarray | object'", one.parameters)
    return one.definition(parameters=hinted).replace("):\n", ") -> 'object':\n", 1)


@rewrite()
def decorated_with_wraps(source):
    """A timing decorator of the learner's own, with functools.wraps."""
    return f"""import functools, time

def timed(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        start = time.perf_counter()
        result = f(*args, **kwargs)
        inner.seconds = time.perf_counter() - start
        return result
    return inner

@timed
{function(source).definition()}"""


@rewrite()
def decorated_without_wraps(source):
    """A decorator that forgets the name and takes anything."""
    return "def logged(f):\n    return lambda *a, **k: f(*a, **k)\n\n@logged\n" + function(source).definition()


@rewrite()
def a_class_that_is_called(source):
    """An object of a class with __call__."""
    one = function(source)
    method = textwrap.indent(one.definition("__call__", f"self, {one.parameters}"), "    ")
    return f"class Solver:\n{method}\n\n{one.name} = Solver()"


@rewrite()
def a_static_method(source):
    """The function is a static method of a class."""
    one = function(source)
    return f"class Solutions:\n    @staticmethod\n{textwrap.indent(one.definition(), '    ')}\n\n{one.name} = Solutions.{one.name}"


@rewrite()
def a_bound_method(source):
    """The function is a method of an object that counts its calls."""
    one = function(source)
    method = one.definition(parameters=f"self, {one.parameters}", lead="self.calls += 1")
    return f"class Layer:\n    calls = 0\n{textwrap.indent(method, '    ')}\n\n{one.name} = Layer().{one.name}"


@rewrite()
def a_lambda(source):
    """A lambda that hands everything on."""
    one = function(source)
    return f"{one.inner[0]}\n\n{one.name} = lambda {one.parameters}: {one.inner[1]}({one.call})"


@rewrite()
def a_partial(source):
    """functools.partial with the first argument filled in."""
    one = function(source)
    return f"from functools import partial\n\n{one.definition('_general', f'mode, {one.parameters}')}\n\n{one.name} = partial(_general, 'exact')"


@rewrite()
def any_arguments(source):
    """*args and **kwargs."""
    one = function(source)
    return f"{one.inner[0]}\n\ndef {one.name}(*args, **kwargs):\n    return {one.inner[1]}(*args, **kwargs)"


@rewrite()
def one_more_parameter(source):
    """A parameter of the learner's own behind the others, with a default."""
    one = function(source)
    return one.definition(parameters=f"{one.parameters}, {'' if '*' in one.parameters else '*, '}verbose=False", lead="if verbose:\n    print('called')")


@rewrite()
def made_by_a_factory(source):
    """A closure that another function gives."""
    one = function(source)
    return f"def make():\n{textwrap.indent(one.definition(), '    ')}\n    return {one.name}\n\n{one.name} = make()"


@rewrite()
def a_function_within(source):
    """All the work is done by a nested function."""
    one = function(source)
    return one.definition(body=f"def compute():\n{textwrap.indent(one.body.replace(f'nonlocal {one.first}', ''), '    ')}\nreturn compute()") if _keeps_parameters(one) else None


@rewrite()
def recursion(source):
    """A function that calls itself once before it works."""
    one = function(source)
    if "*" in one.parameters:
        return None
    return one.definition(parameters=f"{one.parameters}, _again=True", lead=f"if _again:\n    return {one.name}({one.call}, _again=False)")


@rewrite()
def caught_and_raised(source):
    """try, except, else and finally around all of it."""
    one = function(source)
    return one.definition(body=f"try:\n{textwrap.indent(one.body, '    ')}\nexcept ZeroDivisionError as error:\n    raise ValueError('empty') from error\nfinally:\n    pass")


@rewrite()
def through_exec(source):
    """The function is made by exec from a text."""
    return f"exec({function(source).definition()!r})"


@rewrite()
def a_coroutine_before(source):
    """An await at the top of the cell, and the function in a class with annotations."""
    return "import asyncio\n\nasync def prepare():\n    await asyncio.sleep(0)\n    return 1\n\nONE = await prepare()\n" + function(source).definition(lead="assert ONE == 1")


@rewrite()
def defined_twice(source):
    """A wrong first try stands above the right function in the same cell."""
    one = function(source)
    return one.definition(body="return None") + "\n\n\n" + one.definition()


@rewrite()
def in_a_branch(source):
    """The definition stands under an if, as in a program."""
    return "if __name__ == '__main__':\n" + textwrap.indent(function(source).definition(), "    ")


# ---------------------------------------------------------------- names, blanks, comments


@rewrite()
def other_names(source):
    """Every local variable has another name."""
    return other_locals(source)


@rewrite()
def names_in_other_letters(source):
    """Local variables in Greek letters and umlauts, comments with emoji and Chinese."""
    return other_locals(source, "größe_δ_") + "\n# schön 😀 你好 – “quoted” …"


@rewrite()
def tabs_and_blanks(source):
    """Tabs, blanks at the ends of lines, and carriage returns."""
    return "\r\n".join(line.replace("    ", "\t") + "  " for line in function(source).definition().split("\n"))


@rewrite()
def hard_blanks(source):
    """Blanks that do not break, as they come with text that was pasted from a page."""
    return function(source).definition().replace("    ", "\u00a0 \u00a0 ").replace(", ", ",\u00a0")


@rewrite()
def a_mark_of_the_byte_order(source):
    """U+FEFF at the start and zero-width blanks at the ends of lines."""
    return "\ufeff" + function(source).definition().replace(":\n", ":\u200b\n", 1)


@rewrite()
def a_conflict_of_git(source):
    """Marks of a conflict within the cell: one side is the stub, the other the work."""
    one = function(source)
    stub = one.definition(body="raise NotImplementedError")
    return f"<<<<<<< HEAD\n{stub}\n=======\n{one.definition()}\n>>>>>>> origin/main"


@rewrite(leaf=True)
def another_name_in_capitals(source):
    """The function has capitals in its name, which differs from the exercise's by them alone."""
    one = function(source)
    return one.definition("".join(part.capitalize() + "_" for part in one.name.split("_")).rstrip("_")) if "_" in one.name else None


@rewrite(leaf=True)
def a_second_version(source):
    """The function's name ends in a 2."""
    return function(source).definition(f"{function(source).name}2")


# ---------------------------------------------------------------- what else a cell does


@rewrite()
def timed_by_a_magic(source):
    """%%time above the cell."""
    return "%%time\n" + source


@rewrite()
def magics_in_the_cell(source):
    """Line magics, a shell command and a question mark."""
    one = function(source)
    return f"%matplotlib inline\n!echo started\nname = %who_ls\n{one.definition()}\n%timeit -n1 -r1 sum(range(3))\n{one.name}?"


@rewrite()
def captured(source):
    """%%capture swallows what the cell prints."""
    return "%%capture output\nprint('a')\n" + source


@rewrite()
def numpy_under_its_full_name(source):
    """import numpy, and another short name for it."""
    return "import numpy\nimport numpy as xp\n" + source.replace("np.", "numpy.", 1).replace("np.", "xp.")


@rewrite()
def from_numpy_some(source):
    """Names taken out of numpy into the notebook."""
    return "from numpy import array, zeros, stack, arange, exp, tanh\n" + source


@rewrite()
def imports_inside(source):
    """Modules are imported in the function."""
    return function(source).definition(lead="import math, os, sys, re, itertools, collections, functools")


@rewrite()
def future_annotations(source):
    """from __future__ import annotations, and typing's names."""
    return "from __future__ import annotations\nfrom typing import *\n" + source


@rewrite()
def prints_shapes(source):
    """print and pprint in every call."""
    one = function(source)
    return one.definition(lead=f"from pprint import pprint\nprint('{one.name}:', type({one.first.lstrip('*')}))\npprint({{'a': 1}})")


@rewrite()
def logs(source):
    """The logging module, set to write everything."""
    return "import logging\nlogging.basicConfig(level=logging.DEBUG)\nlog = logging.getLogger('me')\n" + function(source).definition(lead="log.debug('called')\nlog.warning('careful')")


@rewrite()
def warns(source):
    """Warnings of its own, and filters for those of others."""
    return "import warnings\nwarnings.filterwarnings('ignore')\n" + function(source).definition(lead="warnings.warn('slow')\nwarnings.warn('old', DeprecationWarning)")


@rewrite()
def counts_its_calls(source):
    """A global counter and a list that grows."""
    return "calls, history = 0, []\n" + function(source).definition(lead="global calls\ncalls += 1\nhistory.append(calls)")


@rewrite()
def a_cached_helper(source):
    """functools.lru_cache over a helper."""
    return "from functools import lru_cache\n\n@lru_cache(maxsize=None)\ndef fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n" + function(source).definition(lead="assert fib(30) == 832040")


@rewrite()
def asserts_and_doctests(source):
    """Asserts in the function, a doctest in its docstring, and doctest run over it."""
    one = function(source)
    text = one.definition(lead="assert True, 'never'").replace('"""\n', '\n\n    >>> 1 + 1\n    2\n    """\n', 1)
    return f"import doctest\n{text}\n\ndoctest.run_docstring_examples({one.name}, globals())"


@rewrite()
def checks_itself(source):
    """The check is called in the cell, twice, and once with another seed."""
    one = function(source)
    return f"{source}\n\ncheck({one.name})\ncheck({one.name}, seed=3)\ncheck({one.name})"


@rewrite()
def stops_at_the_end(source):
    """sys.exit at the end of the cell."""
    return source + "\n\nimport sys\nsys.exit(0)"


@rewrite()
def fails_at_the_end(source):
    """An assertion of the learner's own fails at the end of the cell."""
    return source + "\n\nassert 1 == 2, 'look at this tomorrow'"


@rewrite()
def asks_at_the_end(source):
    """input() is left over at the end of the cell."""
    return source + "\n\nanswer = input('Go on? ')"


@rewrite()
def plots_at_the_end(source):
    """A figure below the function."""
    return source + "\n\nimport matplotlib.pyplot as plt\nplt.figure()\nplt.plot([1, 2], [3, 1])\nplt.title('mine')\nplt.show()"


@rewrite()
def random_state(source):
    """The global random state is set, used and left."""
    return "import random\nnp.random.seed(0)\nrandom.seed(0)\n" + function(source).definition(lead="np.random.rand(3)\nrandom.random()")


@rewrite()
def prints_as_it_likes(source):
    """print options of NumPy, and its warnings made errors and quiet again."""
    return "np.set_printoptions(precision=2, suppress=True)\n" + function(source).definition(lead="np.seterr(over='warn')")


@rewrite()
def sleeps(source):
    """A bar of progress, with a pause, in every call."""
    return "import time\n" + function(source).definition(lead="for n in range(3):\n    time.sleep(0.001)\n    print(f'\\r{n} %', end='', flush=True)")


@rewrite()
def walrus_and_match(source):
    """The newest syntax: match, the walrus, unpacking, positional arguments alone."""
    one = function(source)
    lead = f"match (kind := type({one.first.lstrip('*')})):\n    case _ if kind is None:\n        return None\n    case _:\n        pass"
    return one.definition(lead=lead, parameters=one.parameters if "*" in one.parameters or "=" in one.parameters else f"{one.parameters}, /")


@rewrite()
def collects_garbage(source):
    """gc.collect() in every call, and names deleted in it."""
    return "import gc\n" + function(source).definition(lead="used = 1\ndel used\ngc.collect()")


@rewrite()
def measures_itself(source):
    """tracemalloc, resource and time around the work."""
    return "import time, tracemalloc\n" + function(source).definition(lead="tracemalloc.start()\ntracemalloc.stop()\ntime.process_time()")


@rewrite(steps=(2, 3, 4), leaf=True)
def profiles_itself(source):
    """cProfile in the function."""
    one = function(source)
    return f"import cProfile\n{one.inner[0]}\n\ndef {one.name}({one.parameters}):\n    with cProfile.Profile():\n        return {one.inner[1]}({one.call})"


# ---------------------------------------------------------------- what Lab does not run either, or runs for this student alone


@rewrite(leaf=True, says="StdinNotImplementedError")
def asks_before_it_works(source):
    """input() above the definition: nobody is there to answer, and the finding says which cell stopped."""
    return f"name = input('Your name? ')\n{source}"


@rewrite(leaf=True, says="No module named")
def a_module_that_is_not_installed(source):
    """A module of the student's own environment above the definition."""
    return f"import no_such_module_here\n{source}"


@rewrite(leaf=True, says="the exercise asks for")
def quite_another_name(source):
    """The function has a name that nobody can know."""
    return function(source).definition("my_homework_function")


@rewrite(leaf=True, says="typographic quotes")
def quotes_of_a_typesetter(source):
    """Quotes that a text program made."""
    return function(source).definition(lead="note = \u201cdone\u201d")


# ---------------------------------------------------------------- what comes back


_GIVEN = {
    "list_for_tuple": "list(found) if isinstance(found, tuple) else found",
    "named_tuple": "collections.namedtuple('Result', [f'r{n}' for n in range(len(found))])(*found) if isinstance(found, tuple) else found",
    "read_only": "in_all(found, lambda a: (lambda b: (b.setflags(write=False), b)[1])(a.copy()))",
    "fortran_order": "in_all(found, np.asfortranarray)",
    "views": "in_all(found, lambda a: np.repeat(a, 2, axis=0)[::2] if a.ndim else a)",
    "a_subclass": "in_all(found, lambda a: a.view(Mine))",
    "tensors": "in_all(found, lambda a: torch.from_numpy(np.ascontiguousarray(a)) if a.dtype.kind in 'fib' else a)",
}


def _giving(source, expression):
    one = function(source)
    in_all = "def in_all(found, change):\n    if isinstance(found, np.ndarray):\n        return change(found)\n    return type(found)(in_all(one, change) for one in found) if isinstance(found, (list, tuple)) else found"
    head = f"import collections, torch\n\nclass Mine(np.ndarray):\n    pass\n\n{in_all}\n\n"
    return f"{head}{one.inner[0]}\n\ndef {one.name}({one.parameters}):\n    found = {one.inner[1]}({one.call})\n    return {expression}"


@rewrite(leaf=True)
def gives_a_list_for_a_tuple(source):
    """A list where the exercise says a tuple."""
    return _giving(source, _GIVEN["list_for_tuple"])


@rewrite(leaf=True)
def gives_a_named_tuple(source):
    """A named tuple of several results."""
    return _giving(source, _GIVEN["named_tuple"])


@rewrite(leaf=True)
def gives_read_only_arrays(source):
    """Arrays that nobody may write to."""
    return _giving(source, _GIVEN["read_only"])


@rewrite(leaf=True)
def gives_fortran_order(source):
    """Arrays in the order of Fortran."""
    return _giving(source, _GIVEN["fortran_order"])


@rewrite(leaf=True)
def gives_views(source):
    """Views with steps into larger arrays."""
    return _giving(source, _GIVEN["views"])


@rewrite(leaf=True)
def gives_a_subclass(source):
    """Arrays of a class of the learner's own."""
    return _giving(source, _GIVEN["a_subclass"])


@rewrite(steps=(1, 2, 3, 5), leaf=True)
def gives_tensors(source):
    """torch tensors in place of arrays."""
    return _giving(source, _GIVEN["tensors"])


def _keeps_parameters(one):
    """Whether the body assigns to none of its parameters, so that a function within it can read them."""
    names = [name.strip().lstrip("*") for name in one.call.split(",")]
    return not re.search(rf"\b({'|'.join(names)})\b[^=\n(]*=(?!=)", one.body)
