"""Figures and pages: one per recording, one per experiment, each a file that needs no other."""
