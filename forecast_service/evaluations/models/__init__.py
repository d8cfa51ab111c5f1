"""The models of the evaluations, one module a kind of model. Only a model that is asked for is imported."""
