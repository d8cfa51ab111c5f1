curl -X PATCH -d '{"order": ["MSFT", "AAPL"]}' localhost:5000/api/v1/watchlists/7d1e8c3a-52b4-4f6e-9a1b-000000000008
