"""The doors, spoken to through real sockets."""
