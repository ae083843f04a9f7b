"""How long a test waits for what must happen: so long that only a hang takes longer, on the slowest machine that runs the tests.

What may take how long is measured in bench/, never here.
"""

PATIENCE_SECONDS = 240
