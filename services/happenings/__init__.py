"""What happens on a day that is under way, and the day as it is then; what is done about it is decided elsewhere."""
