"""Figures and pages: one page per recording, one per experiment, each a file that needs no other."""
