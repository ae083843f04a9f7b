"""Files of instruments: what their columns mean, and what their rows say. Pure; the files are opened by `chain.lots.importing`."""
