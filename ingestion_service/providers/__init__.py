"""Price sources, one module each, behind one small interface; ``registry.py`` names them all."""
