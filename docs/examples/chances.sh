curl 'localhost:5000/api/v1/forecasts/7d1e8c3a-52b4-4f6e-9a1b-000000000003/chances?above=30&touch=35'
