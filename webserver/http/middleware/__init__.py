"""Middleware: wraps the application, or runs before every view."""
