"""The clinic simulator: patients, devices and staff who use the clinic's own API; every number of theirs is simulated."""
