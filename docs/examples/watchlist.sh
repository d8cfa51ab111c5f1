curl -d '{"name": "Computers"}' localhost:5000/api/v1/watchlists
