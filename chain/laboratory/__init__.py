"""Laboratory: samples, measurements, files of instruments, and the second opinion.

Words: sample, sealed code, measurement, method, status (estimate, report, certificate), instrument, second opinion, agreement.
May import: lots, grading, certification, producers, accounts, web (edges only), core.
"""
