"""BUILD AND RELEASE: the only writer of DuckDB."""
