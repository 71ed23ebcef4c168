"""Readers of raw formats, by the name configs and provenance use.

A reader's number is raised when it reads the same files differently, which ingests them again.
"""

READERS = {"tdt": 3}
