"""Ports, certificates, HTTP servers and a faulty proxy on the loopback interface."""
