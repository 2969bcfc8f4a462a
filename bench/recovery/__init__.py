"""How well a number is recovered: Linewright beside what people do instead, on seeded worlds in virtual time."""
