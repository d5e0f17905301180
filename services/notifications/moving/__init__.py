"""How a patient's messages move, whichever room asked: consent, what goes out, what comes back, and what staff do instead."""
