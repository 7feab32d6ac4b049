"""The tests, laid out by what they are for; `unit` mirrors the folders of the package."""
