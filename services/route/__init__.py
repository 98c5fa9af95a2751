"""Plans how a day's consignments travel: shared runs and bookings on scheduled lines."""
