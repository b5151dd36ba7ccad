"""Hand-ins out of nbgrader's exchange into the class's folder, each with the time at which the exchange received it.

    EXCHANGE/COURSE/inbound/STUDENT+ASSIGNMENT+…/ -- copy --> submitted/STUDENT/ASSIGNMENT/ and a line in the audit log

The exchange can be written to by every student, at any moment, so nothing in it is what its name says: regular files of
the student's own are taken, and everything else is refused and named. Reading order: inbound (whose hand-ins there
are), copying (one hand-in, as it was at one moment), place (the class's folders), collect (the whole).
"""
