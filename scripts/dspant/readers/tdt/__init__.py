"""Blocks of Tucker-Davis Technologies: the folder that Synapse or OpenEx makes of one recording."""
