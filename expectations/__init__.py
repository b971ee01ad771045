"""JUDGE AND WARN: Great Expectations before publication, never during."""
