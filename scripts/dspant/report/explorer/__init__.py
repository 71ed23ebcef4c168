"""The explorer of a recording's page: all streams and events on one time axis, down to samples.

The page itself holds outlines of the whole recording. Finer outlines and the samples lie in small
scripts beside it, which the page loads as somebody zooms in.
"""
