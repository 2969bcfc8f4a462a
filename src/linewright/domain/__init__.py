"""The words and the judgement: pure, without I/O, clock, randomness or logging."""
