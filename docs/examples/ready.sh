curl localhost:5000/readyz
