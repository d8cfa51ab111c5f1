curl localhost:5000/api/v1/batches/7d1e8c3a-52b4-4f6e-9a1b-00000000000b
