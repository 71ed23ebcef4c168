"""Making datasets again, apart from the workflow, and comparing them with what is there."""
