"""What holds for all tests."""

from hypothesis import settings

# A busy machine is no failure: how fast things are is for the benchmark to say.
settings.register_profile("callboard", deadline=None)
settings.load_profile("callboard")
