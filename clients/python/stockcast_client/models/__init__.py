"""The models of requests and answers, generated from the API's description by ``python -m tools.client_code``."""
