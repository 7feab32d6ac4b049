"""The attacks, one module each: who attacks, what gives a home away, where that is known from, and how it is used.

No attack can reach the truth, a hidden row or the filter: an import contract and a test check what it imports.
"""
