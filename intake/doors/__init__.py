"""The doors: where mail comes in, and nothing is decided about it."""
