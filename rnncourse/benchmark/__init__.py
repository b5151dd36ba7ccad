"""Recurrent networks compared under equal conditions: the same weights, the same search, several seeds.

What takes minutes is measured once, by `python -m rnncourse.benchmark.memory`, and kept here with the machine that
measured it; notebooks quote it.
"""
