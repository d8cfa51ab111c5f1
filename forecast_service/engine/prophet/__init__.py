"""Prophet's model with an exact and fast fit."""
