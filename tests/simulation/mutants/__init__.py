"""Does it bite? Small defects, seeded into a copy of the sources; a story or the histories must find each.

``python -m tests.simulation.mutants`` prints which story fails with each, which judge objects and after how many
histories; ``--stories`` plays none.
"""
