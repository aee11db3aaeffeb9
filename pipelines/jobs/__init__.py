"""Jobs: which steps make which products of which files, when, and what was done."""
