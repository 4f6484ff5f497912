"""The tests: stories told from the outside, judged by the doubles' logs."""
