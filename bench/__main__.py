"""Every bench, one after the other; each also runs alone as `python -m bench.NAME`."""

from bench import answers, api, drain, registrations, rest, start

for each in (start, rest, answers, registrations, drain, api):
    each.main()
