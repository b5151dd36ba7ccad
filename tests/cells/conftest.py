from hypothesis import settings

# A busy machine is no failure: examples have no time limit; and the same examples are drawn in every run.
settings.register_profile("cells", deadline=None, derandomize=True)
settings.load_profile("cells")
