"""Other solvers on the same instances, each run by its own program in the environment that ``make bench-env`` makes."""
