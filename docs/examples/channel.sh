curl -d '{"kind": "mail", "name": "Me", "to": "me@example.com"}' localhost:5000/api/v1/channels
