@interception
Feature: SSL inspection between a Linux endpoint and the cloud
  The agent pins the cloud's certificates. A proxy that opens TLS is refused, whatever the endpoint's own store trusts.

  @basis-documented @RC-10
  Scenario: trusting the inspecting proxy's CA helps curl and not the agent
    Given a Linux endpoint lin-1 behind an inspecting proxy whose CA it trusts
    When lin-1 is onboarded
    And lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 prints "OK"
    And lin-1 refuses because of interception within 10 minutes

  @basis-documented
  Scenario: curl does not get through either while the endpoint does not trust the proxy's CA
    Given a Linux endpoint lin-1 behind an inspecting proxy
    When lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 exits with 60

  @basis-documented @RC-10
  Scenario: exempting the Defender hosts connects the endpoint without a restart
    Given a Linux endpoint lin-1 behind an inspecting proxy whose CA it trusts
    When lin-1 is onboarded
    And lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then lin-1 refuses because of interception within 10 minutes
    When the inspecting proxy exempts the Defender hosts from inspection
    Then the API lists lin-1 as Active within 1 hour

  @basis-documented @RC-16
  Scenario: the connectivity test reports interception as curl error 60
    Given a Linux endpoint lin-1 behind an inspecting proxy whose CA it trusts
    When lin-1 tests its connectivity
    Then the command on lin-1 exits with 1
    And the connectivity test on lin-1 fails for "x.cp.wd.microsoft.com" with curl error 60

  @basis-lab-defined @RC-16
  Scenario: the diagnosis names interception as the cause
    Given a Linux endpoint lin-1 behind an inspecting proxy whose CA it trusts
    When lin-1 is onboarded
    And 5 minutes pass
    Then the diagnosis of lin-1 is "tls-intercepted"
