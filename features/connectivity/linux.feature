@connectivity
Feature: A Linux endpoint with an open path to the cloud
  Whether the path is open can be seen from the endpoint with the agent's own test and with curl.

  @basis-documented
  Scenario: the connectivity test finds every documented URL
    Given an onboarded Linux endpoint lin-1
    When lin-1 tests its connectivity
    Then the command on lin-1 exits with 0
    And all 14 URLs of the connectivity test on lin-1 are OK

  @basis-seed
  Scenario: curl prints OK for both of the documented URLs
    Given a Linux endpoint lin-1
    When lin-1 runs "curl -w ' %{url_effective}\n' 'https://x.cp.wd.microsoft.com/api/report' 'https://cdn.x.cp.wd.microsoft.com/ping'"
    Then the command on lin-1 exits with 0
    And the command on lin-1 prints:
      """
      OK https://x.cp.wd.microsoft.com/api/report
      OK https://cdn.x.cp.wd.microsoft.com/ping
      """

  @basis-documented
  Scenario: a name that does not exist cannot be resolved
    Given a Linux endpoint lin-1
    When lin-1 runs "curl -sS https://no-such-host.example.org/"
    Then the command on lin-1 exits with 6
    And the command on lin-1 prints "Could not resolve host: no-such-host.example.org"
