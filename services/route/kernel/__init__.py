"""The search kernel: slack induction by string removals over runs and lines together, compiled by Numba."""
