"""The table that Canvas's gradebook imports.

The layout is that of Canvas's own program (instructure/canvas-lms, lib/gradebook_importer.rb and
lib/gradebook_exporter.rb): headings Student, ID, SIS User ID, SIS Login ID, Section, then for each assignment
"Title (id)"; a row whose first cell contains "Points Possible"; then one row a student. Canvas finds a student by ID,
else by SIS User ID, else by SIS Login ID, else by name. It finds an assignment by the id in brackets, else by its exact
title; one that it does not find it offers to create. It takes the points possible from the second row. A cell that is
left empty empties the grade there, which the page before the import shows.

The file must not begin with a byte order mark: with it, Canvas's reader stumbles over the first quotation mark.
"""

from rnncourse.grading.records.exports.totals import display_name, totals

STUDENT = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def rows(gradebook, audit, assignments=(), ids=None):
    """Headings, points possible, then a row a student; `ids` maps an assignment's name to Canvas's number for it.

    Canvas's number of a student is nbgrader's lms_user_id, the SIS Login ID is nbgrader's student id.
    """
    found, ids = totals(gradebook, assignments), ids or {}
    yield STUDENT + [f"{one.name} ({ids[one.name]})" if one.name in ids else one.name for one in found.assignments]
    yield ["    Points Possible", "", "", "", "", *(one.max_score for one in found.assignments)]
    for student in found.students:
        scores = (found.of.get((student.id, one.name)) for one in found.assignments)
        points = [None if total is None else total.points for total in scores]
        yield [display_name(student), student.lms_user_id, "", student.id, "", *points]
