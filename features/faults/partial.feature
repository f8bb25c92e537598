@faults
Feature: Faults that the agent's own traffic does not show
  Some causes are seen only by who asks for the right thing: a revocation list, a page in the clear.

  @basis-assumed
  Scenario Outline: a captive portal before a <platform> endpoint is no connection
    Given a <platform> endpoint dev-1 on the route of http-redirect-captive
    And the fault http-redirect-captive
    When dev-1 is onboarded
    And 3 minutes pass
    And dev-1 tries what http-redirect-captive breaks
    Then the diagnosis of dev-1 names what http-redirect-captive causes
    And dev-1 belongs to no tenant within 1 minute
    When the fault http-redirect-captive is removed
    Then the API lists dev-1 as Active within 1 hour

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented
  Scenario: without revocation lists MAPS fails on a Windows endpoint that is connected
    Given an onboarded Windows endpoint win-1
    And the fault tls-crl-unreachable
    When win-1 runs "MpCmdRun.exe -ValidateMapsConnection"
    Then the command on win-1 prints "hr=80072F8F"
    And the diagnosis of win-1 names what tls-crl-unreachable causes
    When the fault tls-crl-unreachable is removed
    And win-1 runs "MpCmdRun.exe -ValidateMapsConnection"
    Then the command on win-1 prints "successfully established"
    And the diagnosis of win-1 is "none"

  @basis-documented
  Scenario: a Windows endpoint that asks for no revocation does not miss the lists
    Given an onboarded Windows endpoint win-1
    And the fault tls-crl-unreachable
    When win-1 runs:
      """
      reg add "HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Spynet" /v SSLOptions /t REG_DWORD /d 2
      MpCmdRun.exe -ValidateMapsConnection
      """
    Then the command on win-1 prints "successfully established"
