"""Simulated micro-data in the publishers' own wire formats, for what cannot be bundled; one module a feed.

A module has ``drop(folder, month, seed)`` where people would put the files of a month into a folder, and is
used by the feed's stand-in where they are fetched. The same seed gives the same bytes. Whatever comes from
here is marked ``origin=simulated``: by the stand-in's header, or in the sidecar of a dropped file.
"""
