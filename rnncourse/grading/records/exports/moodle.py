"""The table that Moodle's "Import > CSV file" takes.

Moodle has no fixed layout: whoever imports says which column names the student and which grade item each column goes
to (docs.moodle.org, "Grade import"; moodle/moodle, grade/import/csv/classes/load_data.php). Headings here are those of
Moodle's own grade export, First name, Last name, ID number, Email address, then each assignment's name.
Choose "Map from: ID number, Map to: useridnumber" (or username), or Email address to useremail. An empty cell is "no
grade". One student whom Moodle does not know stops the whole import. Grades above 100 need the site setting
"unlimitedgrades".
"""

from rnncourse.grading.records.exports.totals import totals

STUDENT = ["First name", "Last name", "ID number", "Email address"]


def rows(gradebook, audit, assignments=()):
    """Headings, then a row a student; the ID number is nbgrader's student id."""
    found = totals(gradebook, assignments)
    yield STUDENT + [one.name for one in found.assignments]
    for student in found.students:
        scores = (found.of.get((student.id, one.name)) for one in found.assignments)
        points = [None if total is None else total.points for total in scores]
        yield [student.first_name, student.last_name, student.id, student.email, *points]
