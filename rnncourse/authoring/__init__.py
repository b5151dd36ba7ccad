"""From one text source a lesson: solution notebook, executed notebook, student notebook.

Each file holds one step of the way: `source` reads the text, `keys` expands the short keys,
`execute` runs the notebook, `release` makes the student's copy, `course_map` the list of lessons,
`lint` finds authoring faults, `build` puts them in order.
"""
