"""The policies: each is given what a user has, a wire to the remote, a clock and a person to ask; nothing else."""
