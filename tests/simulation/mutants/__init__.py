"""Does it bite? Small defects, seeded into a copy of the sources one at a time; the histories must find each.

``python -m tests.simulation.mutants`` plays each until it is found and prints by which judge and after how many seeds.
"""
