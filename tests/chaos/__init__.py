"""Workers that are killed, stopped and cut off while they bring hundreds of numbers online: `make chaos`."""
