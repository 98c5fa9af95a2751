"""Says who pays whom for a plan."""
