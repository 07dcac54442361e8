"""The page on the wall: a client of our API like any other, served as the files it was built to."""
