"""Loops in machine code, for what would be slow in NumPy; loaded only when samples flow."""
