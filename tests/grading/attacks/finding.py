"""Attacks on the search for work: archives beside a notebook, many candidates, halves of conflicts, names that are nearly right.

What is found is worth what the same work is worth in its place, and one file counts as it is.
"""

import io
import json
import zipfile

from tests.grading.attacks.attack import REPO, STEPS, attack, solutions

POINTS = {"encode_text": 2.0, "next_step_pairs": 3.0, "make_windows": 3.0, "chronological_split": 2.0}


def zip_of(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def with_only(work, name):
    """The notebook's content with this one right answer."""
    before = work.cell(name)["source"]
    work.solve(name)
    content = json.dumps(work.notebook).encode()
    work.cell(name)["source"] = before
    return content


@attack(may=3.0, keeps=2.0, remark="several files can be")
def one_answer_in_each_of_many_notebooks(work):
    """Each notebook holds another right answer; they are not put together."""
    for name in POINTS:
        work.put(f"{name}/sequence_data.ipynb", with_only(work, name))
    work.notebook = None


@attack(may=3.0, keeps=2.0, remark="was unpacked")
def one_answer_in_each_of_many_archives(work):
    """The same in archives beside the untouched notebook."""
    for name in POINTS:
        work.put(f"{name}.zip", zip_of(("sequence_data.ipynb", with_only(work, name))))


@attack(may=2.0, keeps=2.0, remark="all.zip")
def a_better_notebook_in_an_archive(work):
    """Beside a notebook with work, an archive with more of it stays closed."""
    work.solve()
    content = json.dumps(work.notebook).encode()
    work.notebook = json.loads((REPO / "course" / STEPS[1][0] / "sequence_data.ipynb").read_bytes())
    work.solve("encode_text")
    work.put("all.zip", zip_of(("sequence_data.ipynb", content)))


@attack(remark="a submission may have 200 files")
def hundreds_of_notebooks_in_an_archive(work):
    """An archive beside the untouched notebook holds 300 of them, more than files are taken."""
    content = json.dumps(work.notebook).encode()
    work.put("many.zip", zip_of(*((f"{n}/sequence_data.ipynb", content) for n in range(300))))


@attack(remark="was not taken")
def a_bomb_next_to_the_notebook(work):
    """An archive that is opened because the notebook is untouched, and would unpack to a gigabyte."""
    work.put("bomb.zip", zip_of(*((f"{n}.ipynb", b"0" * (16 << 20)) for n in range(64))))


@attack(may=5.0, keeps=2.0, remark="conflict")
def halves_of_a_conflict(work):
    """Two sides of a conflict hold different right answers; one side counts."""
    one, other = with_only(work, "encode_text"), with_only(work, "next_step_pairs")
    work.hand_in(b"<<<<<<< HEAD\n" + one + b"\n=======\n" + other + b"\n>>>>>>> theirs\n")


@attack(remark="cannot be read")
def a_flood_of_conflicts(work):
    """A file of nothing but marks."""
    work.hand_in(b"<<<<<<< a\n=======\n>>>>>>> b\n" * 300_000)


@attack(remark="was taken for it")
def a_wrong_function_under_a_name_that_is_nearly_right(work):
    """A name that is taken for the exercise's brings a wrong function no point."""
    work.write("last_valid", "def last_valid2(states, lengths):\n    return states[:, 0]")


@attack(remark="course's own solutions")
def the_courses_solutions_next_to_an_untouched_notebook(work):
    """A clone of the course with its solutions is no work of a student's."""
    for ending in ("ipynb", "py"):
        path = f"solutions/{STEPS[1][0]}/sequence_data.{ending}"
        work.put(f"clone/{path}", (REPO / path).read_bytes())


@attack(may=2.0, keeps=2.0)
def a_program_named_as_the_notebook(work):
    """All answers in a .py beside a notebook with one: the notebook counts, and the program may be imported at most."""
    work.solve("encode_text")
    work.put("sequence_data.py", "\n\n".join(solutions(1).values()))


@attack(remark="these files were not graded")
def files_that_nobody_opens(work):
    """Exports, archives of other kinds and a link in a text: nothing of it is opened or run."""
    work.put("work.html", "<script>alert(1)</script>")
    work.put("work.rar", b"Rar!\x1a\x07\x00")
    work.put("\u202ework.docx", b"PK")
