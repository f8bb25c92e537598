@connectivity
Feature: Proxies that pass TLS on unread
  The sensor runs in system context and has no credentials for a proxy: anonymous traffic must be permitted.

  @basis-documented
  Scenario: an endpoint behind a tunnel proxy is onboarded
    Given a Linux endpoint lin-1 behind a tunnel proxy
    When lin-1 is onboarded
    Then the API lists lin-1 as Active within 10 minutes

  @basis-documented @RC-16
  Scenario Outline: a proxy that asks for <scheme> credentials refuses the endpoint
    Given an authenticated proxy that asks for <scheme> credentials
    And a Linux endpoint lin-1 behind the authenticated proxy
    When lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 exits with 56
    And the command on lin-1 prints "407"

    Examples:
      | scheme    |
      | Basic     |
      | Negotiate |
      | NTLM      |
      | Digest    |

  @basis-seed @R004-62
  Scenario: the sensor works once the proxy permits anonymous traffic
    Given an onboarded Linux endpoint lin-1
    And a Linux endpoint lin-2 behind an authenticated proxy
    When lin-2 is onboarded
    Then for 1 hour the API does not list lin-2
    When the authenticated proxy lets anonymous traffic through
    Then the API lists lin-2 as Active within 1 hour
