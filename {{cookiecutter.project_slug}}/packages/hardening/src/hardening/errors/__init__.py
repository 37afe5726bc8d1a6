"""From an exception to a response: the handler, problem details (RFC 9457), and the catalogue of error codes."""
