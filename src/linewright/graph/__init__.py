"""The remote: requests and answers (`wire`), the client, and the errors taken apart."""
