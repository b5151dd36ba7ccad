"""Grades as tables for elsewhere, in CSV: per question, and as Canvas, Moodle and nbgrader lay theirs out.

Reading order: sheet (how a table becomes CSV), totals (scores of students and assignments), then one module a layout.
Each layout is a function `rows(gradebook, audit, assignments, ...)` that yields lists, the first of them the headings.
"""

from rnncourse.grading.records.exports.layouts import LAYOUTS, export

__all__ = ["LAYOUTS", "export"]
