"""From a spec to a running lab: backends, control API and its client, time, evidence, supervision."""
