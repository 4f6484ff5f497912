"""A seeded world that tries to break Wonbooks, and the judges of what came of it.

The real core runs against the doubles with a clock, ids, threads and a database of ours: one seed is one history, the
same to the byte each time. ``python -m tests.simulation 17`` runs the seed 17.
"""
