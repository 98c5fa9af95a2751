"""What counties report of a month of plans: a recount of what was carried, apart from how it was planned."""
