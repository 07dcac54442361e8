"""The tests, room by room. A package, because the engine's own brings one of the same name along."""
