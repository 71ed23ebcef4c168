"""Simulated recordings with known truth, written as real TDT blocks."""
