@routes
Feature: Fixed proxies, their order and what goes round them
  Where several places name a proxy, the strongest wins and the others are told; a value that cannot be used counts as not set.

  @basis-documented
  Scenario: on Linux the managed proxy beats the one of the environment
    Given a Linux endpoint lin-1 with:
      | proxy        | http://10.0.0.6:8080 |
      | proxy_source | managed              |
    And a file "/etc/environment" on lin-1 that holds:
      """
      HTTPS_PROXY=http://10.0.0.7:3128
      """
    Then the route of lin-1 to "https://x.cp.wd.microsoft.com/ping" is "10.0.0.6:8080" by managed
    And for "https://x.cp.wd.microsoft.com/ping" lin-1 passes over environment because of "weaker"

  @basis-documented
  Scenario: on Windows the policy for telemetry beats WinHTTP, which stays in reserve
    Given a Windows endpoint win-1 with:
      | proxy        | http://10.0.0.6:8080 |
      | proxy_source | managed              |
    When win-1 runs "netsh winhttp set proxy 10.0.0.7:3128"
    Then win-1 tries these ways to "https://x.cp.wd.microsoft.com/ping":
      | 10.0.0.6:8080 | managed     |
      | 10.0.0.7:3128 | environment |

  @basis-documented
  Scenario: a sensor goes round a dead TelemetryProxyServer
    Given a Windows endpoint win-1 with:
      | proxy        | http://dead.corp.example:8080 |
      | proxy_source | managed              |
    When win-1 is onboarded
    Then the API lists win-1 as Active within 10 minutes
    And the agent of win-1 goes directly within 10 minutes

  @basis-assumed
  Scenario Outline: a <platform> endpoint never goes round a dead system proxy
    Given an onboarded Linux endpoint lin-0
    And a <platform> endpoint dev-1 with:
      | proxy | http://dead.corp.example:8080 |
    When dev-1 is onboarded
    Then for 1 hour the API does not list dev-1

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented
  Scenario Outline: on <platform> a bypass list with <entry> sends the cyber channel direct
    Given a <platform> endpoint dev-1 behind a tunnel proxy that is not for "<entry>"
    When dev-1 is onboarded
    Then the API lists dev-1 as Active within 10 minutes
    And the route of dev-1 to "https://us-v20.events.data.microsoft.com/ping" is "direct" by environment

    Examples:
      | platform | entry                            |
      | Linux    | events.data.microsoft.com        |
      | macOS    | *.events.data.microsoft.com      |
      | Windows  | <local> *v20.events.data.microsoft.com |

  @basis-documented
  Scenario Outline: on <platform> the bypass entry <entry> bypasses nothing, and the log says why
    Given a <platform> endpoint dev-1 behind a tunnel proxy that is not for "<entry>"
    When dev-1 is onboarded
    Then the agent of dev-1 goes through the tunnel proxy within 10 minutes
    And the Defender log on dev-1 says "<words>" within 1 minute

    Examples:
      | platform | entry                           | words                                                  |
      | Linux    | https://x.cp.wd.microsoft.com   | Write the host alone: x.cp.wd.microsoft.com            |
      | macOS    | x.cp.wd.microsoft.com:443       | it has a port. Write the host alone                    |
      | Windows  | https://x.cp.wd.microsoft.com/  | it begins with a scheme                                |
      | Linux    | *.microsoft.com                 | curl takes * by itself only. Write the domain: microsoft.com |

  @basis-documented
  Scenario Outline: on <platform> a proxy that is <what> counts as not set, and the log says so
    Given a <platform> endpoint dev-1
    And a file "<path>" on dev-1 that holds:
      """
      <content>
      """
    When dev-1 is onboarded
    Then the API lists dev-1 as Active within 10 minutes
    And for "https://x.cp.wd.microsoft.com/ping" dev-1 passes over <source> because of "bad-value"
    And the Defender log on dev-1 says "<words>" within 1 minute

    Examples:
      | platform | what         | source      | path                                                 | content                                         | words                         |
      | Linux    | empty        | managed     | /etc/opt/microsoft/mdatp/managed/mdatp_managed.json  | {"cloudService": {"proxy": ""}}                 | the managed proxy is empty    |
      | Linux    | of https     | environment | /etc/environment                                     | HTTPS_PROXY=https://10.0.0.6:8080               | has scheme 'https'            |
      | Linux    | without port | environment | /etc/environment                                     | HTTPS_PROXY=http://10.0.0.6                     | lacks a host or a port        |

  @basis-documented
  Scenario: a TelemetryProxyServer with a scheme counts as not set
    Given a Windows endpoint win-1
    When win-1 runs "reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection /v TelemetryProxyServer /t REG_SZ /d http://10.0.0.6:8080 /f"
    Then for "https://x.cp.wd.microsoft.com/ping" win-1 passes over managed because of "bad-value"
    And the Defender log on win-1 says "begins with a scheme" within 1 minute

  @basis-documented
  Scenario: what a user of Windows has set is not for the sensor
    Given a Windows endpoint win-1 with:
      | proxy        | http://10.0.0.6:8080 |
      | proxy_source | user                 |
    When win-1 runs:
      """
      reg query "HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings" /v ProxyServer
      """
    Then the command on win-1 prints "10.0.0.6:8080"
    And for "https://x.cp.wd.microsoft.com/ping" win-1 passes over user because of "wpad-user-not-system"
    And the route of win-1 to "https://x.cp.wd.microsoft.com/ping" is "direct" by none
