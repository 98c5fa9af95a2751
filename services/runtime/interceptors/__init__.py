"""What happens around every call: request id, metrics, errors as statuses, load."""
