@routes
Feature: A device finds a PAC file by itself
  Web Proxy Autodiscovery asks DHCP first and DNS then, and never leaves the registered domain of its organisation.

  @basis-seed @R002-31 @R002-29
  Scenario: a Mac is onboarded through a proxy that it found with WPAD
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the WPAD name of the tenant leads to its PAC file
    And a macOS endpoint mac-1 that looks for a PAC file
    When mac-1 is onboarded
    Then the API lists mac-1 as Active within 10 minutes
    And the agent of mac-1 goes through the tunnel proxy within 10 minutes

  @basis-seed @R002-31
  Scenario: an administrator switches discovery on
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the WPAD name of the tenant leads to its PAC file
    And a macOS endpoint mac-1
    Then the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "direct" by none
    When mac-1 runs:
      """
      networksetup -setproxyautodiscovery Wi-Fi on
      scutil --proxy
      """
    Then the command on mac-1 prints "ProxyAutoDiscoveryEnable : 1"
    And the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "tunnel-proxy.corp.example:8080" by wpad

  @basis-documented
  Scenario: a Windows endpoint follows WPAD without any setting
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the WPAD name of the tenant leads to its PAC file
    And a Windows endpoint win-1
    When win-1 is onboarded
    Then the agent of win-1 goes through the tunnel proxy within 10 minutes

  @basis-documented
  Scenario: what DHCP announces wins over DNS, right or wrong
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the WPAD name of the tenant leads to its PAC file
    And DHCP announces the PAC file "http://old.corp.example/proxy.pac"
    And a macOS endpoint mac-1 that looks for a PAC file
    Then for "https://x.cp.wd.microsoft.com/ping" mac-1 passes over wpad because of "pac-name-unknown" with the number 308
    And the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "direct" by none

  @basis-documented
  Scenario: DHCP announces the file that the tenant serves
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And DHCP announces the PAC file "http://pac.corp.example/proxy.pac"
    And a macOS endpoint mac-1 that looks for a PAC file
    Then the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "tunnel-proxy.corp.example:8080" by wpad

  @basis-documented
  Scenario Outline: in <suffix> discovery asks up to the registered domain and no further
    Given the DNS suffix of the tenant is "<suffix>"
    And a Windows endpoint win-1 that looks for a PAC file
    Then for "https://x.cp.wd.microsoft.com/ping" win-1 passes over wpad because of "wpad-no-record" with the number 12180
    And DNS was asked by win-1 for "<names>" and for no other "wpad" name

    Examples:
      | suffix              | names                                                             |
      | a.emea.corp.example | wpad.a.emea.corp.example wpad.emea.corp.example wpad.corp.example |
      | corp.example        | wpad.corp.example                                                 |
      | it.contoso.co.uk    | wpad.it.contoso.co.uk wpad.contoso.co.uk                          |

  @basis-documented
  Scenario: a Windows endpoint whose discovery service is disabled says so
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the WPAD name of the tenant leads to its PAC file
    And a Windows endpoint win-1
    When win-1 runs "reg add HKLM\SYSTEM\CurrentControlSet\Services\WinHttpAutoProxySvc /v Start /t REG_DWORD /d 4 /f"
    Then for "https://x.cp.wd.microsoft.com/ping" win-1 passes over wpad because of "wpad-service-disabled" with the number 12178

  @basis-documented
  Scenario: a network that announces nothing is no fault of a Windows endpoint that nobody told to look
    Given a Windows endpoint win-1
    Then for "https://x.cp.wd.microsoft.com/ping" win-1 passes over wpad because of "nothing-announced"
    And the route of win-1 to "https://x.cp.wd.microsoft.com/ping" is "direct" by none

  @basis-documented
  Scenario Outline: <endpoint> takes only what its platform supports
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And a <platform> endpoint <endpoint> that uses the PAC file of the tenant
    Then for "https://x.cp.wd.microsoft.com/ping" <endpoint> passes over <source> because of "<reason>"
    And the route of <endpoint> to "https://x.cp.wd.microsoft.com/ping" is "direct" by none
    And the Defender log on <endpoint> says "<words>" within 1 minute

    Examples:
      | platform | endpoint | source   | reason               | words                                |
      | Linux    | lin-1    | pac      | pac-set-on-linux     | PAC files are not supported on Linux |
      | Windows  | win-1    | user-pac | wpad-user-not-system | the sensor runs as SYSTEM            |
