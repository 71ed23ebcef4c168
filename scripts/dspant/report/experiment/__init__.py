"""What the page of an experiment shows; nothing here loads an array library but measures.py."""
