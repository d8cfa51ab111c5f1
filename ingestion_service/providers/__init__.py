"""Price providers: one module for each, with the interface in ``base.py`` and the list in ``registry.py``."""
