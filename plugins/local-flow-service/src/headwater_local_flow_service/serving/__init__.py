"""The service behind a port: options, settings, ports, clients and the access log."""
