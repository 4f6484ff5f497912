"""The six stages as retryable Prefect tasks."""
