"""What crashes and failures cost, measured on the real thing: `python -m tests.faults [--short] [--write]`."""
