"""Networks compared under equal conditions: the same weights, the same data, the same search, several seeds.

The comparison of `rnncourse bench`, in reading order:
    `arms` (the five networks and their sizes), `tasks` (what they learn: `text`, `drawn`, `dates`; judged by `scores`), `plan` (what is to be run, as data),
    `learning`, `cost`, `streaming`, `race` (one measurement each), `measure` (a run in, rows out), `table` (the rows that
    are there), `pool` and `cluster` (who works), `comparison` (the whole), `intervals` and `reading` (what the rows say),
    `report` (the page)
Which recurrent network remembers, as notebook 3 asks: `memory`.

What takes long is measured once and kept in `measured/` with the machine that measured it; notebooks quote it.
"""
