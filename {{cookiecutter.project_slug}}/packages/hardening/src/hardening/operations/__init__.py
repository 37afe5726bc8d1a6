"""What runs the API: environment, databases, caches, email, logs, security events and health probes."""
