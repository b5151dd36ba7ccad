"""Benchmarks run when they are asked for by name, as `make bench` does, and not with the other tests."""


def pytest_ignore_collect(collection_path, config):
    if not any("benchmarks" in str(argument) for argument in config.args):
        return True
    return None
