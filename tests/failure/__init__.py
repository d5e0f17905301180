"""For each arrow of the flow: what if it dies here, comes twice, comes late, comes out of order, never comes?"""
