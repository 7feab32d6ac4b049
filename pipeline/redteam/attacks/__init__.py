"""The attacks, one module each; none of them can reach the truth, a hidden row or the filter (a test reads the
imports).
"""
