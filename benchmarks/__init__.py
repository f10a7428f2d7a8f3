"""How fast balloon is, beside the same model written plainly in Mesa and in NumPy."""
