"""Ways to hand the same work in: names, formats, archives, programs, and files that lie around."""

import copy
import io
import json
import tarfile
import zipfile

from tests.grading.attacks.attack import REPO, STEPS, solutions
from tests.grading.honest.student import release
from tests.grading.honest.variant import change


def _content(student):
    return json.dumps(student.notebook).encode()


def _leave_untouched(student):
    """The released notebook in the place of the work, which the function gives."""
    content = _content(student)
    student.notebook = json.loads(release(student.step))
    return content


def _zip(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _all(student):
    return student.max_auto


# ---------------------------------------------------------------- names


@change(alone=True)
def a_copys_name(student):
    """Browsers and Jupyter number copies."""
    student.path = f"{student.name} (1)-Copy2.ipynb"


@change(alone=True)
def untitled(student):
    """Untitled.ipynb in a folder."""
    student.path = "my work/Untitled.ipynb"


@change(alone=True)
def ends_in_json(student):
    """The notebook is called .json."""
    student.path = f"{student.name}.json"


@change(alone=True)
def ends_in_ipynb_json(student):
    """The notebook is called .ipynb.json."""
    student.path = f"{student.name}.ipynb.json"


@change(alone=True)
def ends_in_txt(student):
    """The notebook is called .txt, as some browsers have it."""
    student.path = f"{student.name}.txt"


@change(alone=True)
def an_odd_name(student):
    """Umlauts, blanks and an emoji in the name, and its ending in capitals."""
    student.path = "Übung 1 – Lösung 😀.IPYNB"


# ---------------------------------------------------------------- formats


@change(alone=True)
def through_colab(student):
    """Colab's metadata in place of nbgrader's, and no ids."""
    for number, cell in enumerate(student.cells):
        del cell["id"]
        cell["metadata"] = {"id": f"aB{number}cD", "colab": {"base_uri": "https://localhost:8080/"}}
    student.notebook |= {"nbformat_minor": 0, "metadata": {"colab": {"provenance": []}, "accelerator": "GPU", "kernelspec": {"name": "python3", "display_name": "Python 3"}}}


@change(alone=True)
def through_vs_code(student):
    """VS Code's metadata, and a kernel of another name and version."""
    for cell in student.cells:
        cell["metadata"] |= {"vscode": {"languageId": "python"}}
    student.notebook["metadata"] = {"kernelspec": {"name": "conda-env-x", "display_name": "x", "language": "python"}, "language_info": {"name": "python", "version": "3.14.0"}, "vscode": {"interpreter": {"hash": "ab"}}}


@change(alone=True)
def version_3(student):
    """The format of 2013."""
    cells = []
    for cell in student.cells:
        code = cell["cell_type"] == "code"
        cells.append({"cell_type": cell["cell_type"], "metadata": cell["metadata"], "input" if code else "source": "".join(cell["source"]).splitlines(keepends=True)})
    student.notebook = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells, "metadata": {}}]}


@change(alone=True)
def texts_as_lists_or_not(student):
    """Half of the sources are lists of lines, half are texts."""
    for number, cell in enumerate(student.cells):
        source = "".join(cell["source"])
        cell["source"] = source.splitlines(keepends=True) if number % 2 else source


@change(alone=True)
def utf_16(student):
    """Windows' "Unicode", with its mark at the start."""
    content = json.dumps(student.notebook, ensure_ascii=False).encode("utf-16")
    student.files, student.notebook = {student.path: content}, None


@change(alone=True)
def utf_8_with_a_mark(student):
    """UTF-8 with a mark of the byte order, and Windows' line ends."""
    content = json.dumps(student.notebook, indent=1).replace("\n", "\r\n").encode("utf-8-sig")
    student.files, student.notebook = {student.path: content}, None


@change(alone=True)
def text_behind_the_end(student):
    """Something was appended to the file."""
    student.files, student.notebook = {student.path: _content(student) + b"\n\n<!-- downloaded -->\0\0"}, None


@change(alone=True)
def a_conflict_in_the_file(student):
    """git left its marks in the file: one side is the release, the other the work."""
    mine = json.dumps(student.notebook, indent=1).split("\n")
    theirs = json.dumps(json.loads(release(student.step)), indent=1).split("\n")
    student.files = {student.path: "\n".join(["<<<<<<< HEAD", *theirs, "=======", *mine, ">>>>>>> homework", ""]).encode()}
    student.notebook = None


@change(alone=True)
def a_conflict_in_some_lines(student):
    """git left its marks around the lines of one cell's outputs."""
    text = json.dumps(student.notebook, indent=1)
    place = text.index('"execution_count": null')
    marked = '\n<<<<<<< HEAD\n   "execution_count": 3\n=======\n   "execution_count": null\n>>>>>>> a1b2c3\n'
    student.files, student.notebook = {student.path: (text[:place] + marked + text[place + len('"execution_count": null'):]).encode()}, None


@change(alone=True, costs=_all, remark="breaks off in line")
def cut_off(student):
    """An upload that broke off: nobody can know the rest, and the remark says it."""
    student.files, student.notebook = {student.path: _content(student)[:-5000]}, None


# ---------------------------------------------------------------- archives and programs


@change(alone=True)
def zipped(student):
    """A zip with a folder, and what macOS puts in."""
    content = _content(student)
    student.files = {"homework.zip": _zip(**{f"homework/{student.path}": content, f"__MACOSX/homework/._{student.path}": b"x"})}
    student.notebook = None


@change(alone=True)
def a_tar(student):
    """A .tar.gz."""
    content, buffer = _content(student), io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(student.path)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    student.files, student.notebook = {"homework.tar.gz": buffer.getvalue()}, None


@change(alone=True)
def a_zip_next_to_the_untouched_notebook(student):
    """The released notebook lies there as it was given, and the work in a zip beside it."""
    student.files["homework.zip"] = _zip(**{student.path: _leave_untouched(student)})


@change(alone=True)
def two_zips(student):
    """An empty first version and the work, each in a zip."""
    content = _content(student)
    student.files = {"v1.zip": _zip(**{student.path: release(student.step)}), "v2.zip": _zip(**{student.path: content})}
    student.notebook = None


@change(alone=True)
def helpers_in_the_zip(student):
    """A zip with a folder: the notebook and a module that it imports."""
    _import_a_helper(student)
    student.files = {"work.zip": _zip(**{f"work/{student.path}": _content(student), "work/my_helpers.py": "ONE = 1\n"})}
    student.notebook = None


@change(alone=True)
def helpers_next_to_it_in_a_folder(student):
    """A folder with the notebook and a module and a package that it imports."""
    _import_a_helper(student)
    student.path = f"work/{student.path}"
    student.files = {"work/my_helpers.py": b"from mylib.deep import ONE\n", "work/mylib/__init__.py": b"", "work/mylib/deep.py": b"ONE = 1\n"}


@change(alone=True)
def solutions_in_a_module(student):
    """Every answer is imported from a module beside the notebook."""
    student.files["my_solutions.py"] = ("import numpy as np\nimport torch\nfrom rnncourse import cells\n\n" + "\n\n\n".join(solutions(student.step)[name] for name in student.exercises)).encode()
    for name in student.exercises:
        student.write(name, f"from my_solutions import {name}")


@change(alone=True)
def runs_a_notebook_of_its_own(student):
    """%run of another notebook that lies beside it, and of a program."""
    cells = [{"cell_type": "code", "metadata": {}, "source": "ONE = 1", "outputs": [], "execution_count": None}]
    student.files["my_functions.ipynb"] = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}).encode()
    student.files["more.py"] = b"TWO = 2\n"
    student.add("%run my_functions.ipynb\n%run more.py", after="imports")
    _use(student, "assert (ONE, TWO) == (1, 2)")


@change(alone=True)
def a_program_next_to_the_untouched_notebook(student):
    """The released notebook lies there as it was given, and the work in a .py beside it."""
    student.files[f"{student.name}.py"] = _percent(student)
    _leave_untouched(student)


@change(alone=True)
def exported_by_vs_code(student):
    """A program in the percent format."""
    student.files, student.notebook = {f"{student.name}.py": _percent(student)}, None


@change(alone=True)
def exported_by_lab(student):
    """A program as nbconvert writes it."""
    lines = ["#!/usr/bin/env python", "# coding: utf-8", ""]
    for cell in student.cells:
        source = "".join(cell["source"])
        lines += ["# In[ ]:", "", "", source, "", ""] if cell["cell_type"] == "code" else ["\n".join(f"# {line}" for line in source.split("\n")), ""]
    student.files, student.notebook = {f"{student.name}.py": "\n".join(lines).encode()}, None


@change(alone=True)
def exported_by_colab(student):
    """A program as Colab writes it: texts are strings, and nothing stands between two cells of code."""
    pieces = [f'# -*- coding: utf-8 -*-\n"""{student.name}.ipynb\n\nAutomatically generated by Colab.\n\nOriginal file is located at\n    https://localhost/x\n"""']
    for cell in student.cells:
        source = "".join(cell["source"])
        pieces.append(source if cell["cell_type"] == "code" else f'"""{source}"""')
    student.files, student.notebook = {f"{student.name} (2).py": "\n\n".join(pieces).encode()}, None


@change(steps=(1, 2, 3, 4), alone=True)
def a_program_with_the_solutions_alone(student):
    """A plain program with nothing but the functions in it."""
    student.files = {"homework.py": ("import numpy as np\n\n" + "\n\n\n".join(solutions(student.step)[name] for name in student.exercises)).encode()}
    student.notebook = None


# ---------------------------------------------------------------- what lies around


@change(alone=True)
def an_older_version_next_to_it(student):
    """An untouched copy and a half-solved one lie beside the notebook."""
    student.files[f"{student.name}-Copy1.ipynb"] = release(student.step)
    half = copy.deepcopy(student.notebook)
    stubs = {cell["id"]: cell["source"] for cell in json.loads(release(student.step))["cells"]}
    for cell in half["cells"]:
        cell["source"] = stubs[cell["id"]] if cell["id"] in student.exercises[3:] else cell["source"]
    student.files[f"old/{student.name}.ipynb"] = json.dumps(half).encode()


@change(alone=True)
def exports_and_data_next_to_it(student):
    """An export to HTML, a picture, a table, an archive of data and a settings file lie beside the notebook."""
    student.files |= {f"{student.name}.html": b"<html></html>", "plot.png": b"\x89PNG", "data.csv": b"a,b\n1,2\n", "settings.json": b'{"a": 1}', "data.zip": _zip(**{"data.csv": b"1"})}


@change(alone=True)
def the_whole_course(student):
    """A clone of the whole course, with the work where the release was."""
    student.path = f"rnn-course/course/{student.assignment}/{student.name}.ipynb"
    for step, (assignment, name) in STEPS.items():
        if step != student.step:
            student.files[f"rnn-course/course/{assignment}/{name}.ipynb"] = release(step)
    for ending in (".py", ".ipynb"):
        path = f"solutions/{student.assignment}/{student.name}{ending}"
        student.files[f"rnn-course/{path}"] = (REPO / path).read_bytes()


@change(alone=True, costs=_all, remark=r"a notebook of step \d of the course \(.*not of this assignment")
def under_the_wrong_assignment(student):
    """Another step's notebook: nothing of it counts here, and the remark says where it belongs."""
    student.notebook = json.loads(release(student.step % 5 + 1))
    student.path = f"{STEPS[student.step % 5 + 1][1]}.ipynb"


@change(alone=True, costs=_all, remark=r"these files were not graded: .*sequence_data\.html|these files were not graded: .*\.html")
def an_export_alone(student):
    """The untouched notebook and an export to HTML, which nobody can run; the remark names it."""
    _leave_untouched(student)
    student.files[f"{student.name}.html"] = b"<html>my work</html>"


@change(alone=True, costs=_all, remark="of archives only|these files were not graded")
def another_kind_of_archive(student):
    """A .rar, which is not opened; the remark names it."""
    _leave_untouched(student)
    student.files["homework.rar"] = b"Rar!\x1a\x07\x00"


def _import_a_helper(student):
    student.add("from my_helpers import ONE", after="imports")
    _use(student, "assert ONE == 1")


def _use(student, line):
    """The first solution with a line of code in front of its work."""
    name = student.exercises[0]
    student.write(name, student.cell(name)["source"].replace('"""\n', f'"""\n    {line}\n', 1))


def _percent(student):
    lines = []
    for cell in student.cells:
        source = "".join(cell["source"])
        lines += ["# %%", source, ""] if cell["cell_type"] == "code" else ["# %% [markdown]", "\n".join(f"# {line}".rstrip() for line in source.split("\n")), ""]
    return "\n".join(lines).encode()
