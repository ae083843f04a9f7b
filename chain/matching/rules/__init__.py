"""The matching engine: pure rules over numbers, with NumPy and OR-tools; no database, no web, no clock but a stopwatch.

`instance` says what goes in, `solution` what comes out, `engine.solve` does it, `misses` says why a lot stayed over and
`words` why it went. docs/matching.md has the model and the proofs.
"""
