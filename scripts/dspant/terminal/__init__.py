"""What a run shows to who waits for it: a line that is kept up to date, and words at the end."""
