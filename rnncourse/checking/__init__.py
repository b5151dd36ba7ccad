"""The check engine: what an exercise is, how a function is observed, compared, diagnosed and reported.

Reading order: exercise -> probe -> compare -> diagnose -> score -> report -> text, card.
`probe` is the only file that runs beside the learner's code; it imports nothing of this package,
so that a grader can send it alone into a sandbox and keep references and comparison outside.
"""
