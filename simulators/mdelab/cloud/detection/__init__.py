"""From committed telemetry to alerts: rules in Sigma's format, matched event by event."""
