"""The directory: who may open cases, who works on them, and how an admin says so (docs/directory.md)."""
