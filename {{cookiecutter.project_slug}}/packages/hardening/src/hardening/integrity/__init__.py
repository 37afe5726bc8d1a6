"""One write: validate, lock, write, and translate what the database rejects."""
