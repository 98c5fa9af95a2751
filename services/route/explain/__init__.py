"""Why consignments are left behind, and the smallest change that would serve each: see ``explain``."""
