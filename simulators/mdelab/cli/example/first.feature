@interception
Feature: SSL inspection between our endpoints and the Defender cloud
  The agent pins the cloud's certificates: a proxy that opens TLS stops it, whatever the endpoint's own store trusts.
  Exempting the Defender hosts is what helps.

  @basis-documented
  Scenario: the agent refuses an inspecting proxy that curl accepts
    Given a Linux endpoint lin-1 behind an inspecting proxy whose CA it trusts
    When lin-1 is onboarded
    And lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 prints "OK"
    And lin-1 refuses because of interception within 10 minutes

  @basis-documented
  Scenario: an exemption connects the agent
    Given a Linux endpoint lin-1 behind an inspecting proxy whose CA it trusts
    When lin-1 is onboarded
    And the inspecting proxy exempts the Defender hosts from inspection
    Then the API lists lin-1 as Active within 1 hour
