"""Running the API: environment variables, databases, caches, email, logging, security events and health probes."""
