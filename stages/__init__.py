"""The work of the six stages, free of Prefect: ``tasks/`` and the commands call it."""
