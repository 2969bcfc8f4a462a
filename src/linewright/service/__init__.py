"""The service: REST for programs, a page for people, links for customers. `app.create_app` is the place to begin."""
