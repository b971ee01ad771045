"""What a publisher does that declaring cannot say: one module a feed, named hooks, evidence in docstrings."""
