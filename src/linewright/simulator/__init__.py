"""A strict, unkind, repeatable stand-in for the remote.

`remote.py` is the place to begin: the truth of each number and the rules. `magic.py` holds the magic numbers,
`codes.py` and `wordings.py` what refusals look like, `face.py` the Graph API around the rules, `door.py` what a
test may do behind the remote's back, `events.py` and `webhooks.py` what the remote tells by itself. It imports
nothing of Linewright, so that it can be its witness.
"""
