"""Single sign-on: people who log in at an OpenID Connect provider."""
