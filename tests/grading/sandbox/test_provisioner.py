"""Stock Jupyter programs run their kernels in the sandbox when they are told its name."""

import os
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import nbformat
import pytest

REPO = Path(__file__).parents[3]
GROUP, NAME = "jupyter_client.kernel_provisioners", "rnncourse-sandbox"


@pytest.fixture
def chosen(isolated, monkeypatch):
    """Jupyter's default way of starting kernels is the sandbox, as an instructor chooses it."""
    from jupyter_client.provisioning import KernelProvisionerFactory as Factory

    declared = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][GROUP]
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", NAME)
    Factory.clear_instance()
    # as pip writes it down; the package that runs these tests may have been installed before it was declared
    monkeypatch.setitem(Factory.provisioners, NAME, EntryPoint(NAME, declared[NAME], GROUP))
    yield
    Factory.clear_instance()


def executed(folder, *cells):
    """The texts that the cells of a notebook print when nbclient runs it in this folder."""
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return [cell.outputs[0].text if cell.outputs else "" for cell in notebook.cells]


def test_nbclient_runs_a_notebook_in_it(chosen, tmp_path, monkeypatch):
    (tmp_path / "helper.py").write_text("ANSWER = 42\n", encoding="utf-8")
    (tmp_path / ".secret").write_text("x", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to("/etc/hostname")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("RNNCOURSE_DATABASE", "secret")
    names = [str(REPO / "solutions"), str(REPO / ".git"), str(tmp_path)]
    texts = executed(
        tmp_path,
        "import helper, os\nprint(helper.ANSWER, sorted(os.listdir('.')))",
        f"print([os.path.exists(name) for name in {names}], os.environ['NBGRADER_EXECUTION'], "
        "'RNNCOURSE_DATABASE' in os.environ)",
        "open('mine.txt', 'w').write('x')\nprint(open('mine.txt').read())",
    )
    assert texts[0] == "42 ['__pycache__', 'helper.py']\n"
    assert texts[1:] == ["[False, False, False] autograde False\n", "x\n"]
    assert not (tmp_path / "mine.txt").exists()


def test_stock_programs_see_the_whole_package(chosen, tmp_path):
    """nbgrader's check cells run in the kernel, so there the exercises must be found."""
    code = "from rnncourse.exercises import exercises\nprint(len(exercises()) > 10)"
    assert executed(tmp_path, code) == ["True\n"]


def test_a_manager_restarts_and_ends_it_at_the_same_address(chosen):
    from jupyter_client import KernelManager

    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        address = manager.ip
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=60)
        assert client.execute("1 + 1", reply=True, timeout=30)["content"]["status"] == "ok"
        assert manager.ip == address and manager.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not manager.is_alive() and not os.path.exists(os.path.dirname(address))


def test_only_python_kernels_are_taken():
    from rnncourse.grading.sandbox import SandboxError
    from rnncourse.grading.sandbox.provisioner import kernel_arguments

    command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "/x/kernel.json", "--debug"]
    assert kernel_arguments(command) == ["--debug"]
    for other in (["R", "--slave", "-e", "IRkernel::main()"], ["python", "-m"], ["python", "-m", "bash_kernel"]):
        with pytest.raises(SandboxError, match="runs Python kernels"):
            kernel_arguments(other)


def test_a_folder_that_is_too_large_is_refused_in_words(tmp_path):
    from rnncourse.grading.sandbox import SandboxError
    from rnncourse.grading.sandbox.provisioner import files_beside

    (tmp_path / "large.bin").write_bytes(bytes(2000))
    assert files_beside(tmp_path, 2000) == {"large.bin": bytes(2000)}
    with pytest.raises(SandboxError, match="move the notebook into a folder of its own"):
        files_beside(tmp_path, 1000)


def test_its_options_may_come_from_a_kernelspec():
    from rnncourse.grading.limits import Limits
    from rnncourse.grading.sandbox import SandboxProvisioner

    made = SandboxProvisioner(limits={"memory": 2**31}, package="view")
    assert made._limits() == Limits(memory=2**31) and made.isolated
