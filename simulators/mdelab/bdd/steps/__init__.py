"""The step library, one module a noun. Steps are plain functions over the lab's client; state lives in the lab."""
