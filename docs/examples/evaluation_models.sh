curl localhost:5000/api/v1/evaluations/models
