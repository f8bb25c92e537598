@routes @macos
Feature: A Mac follows a PAC file
  The client uses the proxy settings of the system, a PAC file among them. What the file says holds for each connection; when it
  says nothing, the client goes direct, and says so.

  @basis-seed @R002-30 @R002-29
  Scenario: a Mac is onboarded through the proxy that the PAC file names
    Given the PAC file of the tenant is:
      """
      function FindProxyForURL(url, host) {
        if (dnsDomainIs(host, ".microsoft.com"))
          return "PROXY tunnel-proxy.corp.example:8080";
        return "DIRECT";
      }
      """
    And an onboarded macOS endpoint mac-0 behind a tunnel proxy
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    When mac-1 is onboarded
    Then the API lists mac-1 as Active within 10 minutes
    And the agent of mac-1 goes through the tunnel proxy within 10 minutes
    And the route of mac-1 to "https://x.cp.wd.microsoft.com/api/report" is "tunnel-proxy.corp.example:8080" by pac

  @basis-seed @R002-30
  Scenario: an administrator sets the PAC file in the network settings
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And a macOS endpoint mac-1
    When mac-1 runs:
      """
      networksetup -setautoproxyurl Wi-Fi http://pac.corp.example/proxy.pac
      scutil --proxy
      """
    Then the command on mac-1 prints "ProxyAutoConfigEnable : 1"
    And the command on mac-1 prints "ProxyAutoConfigURLString : http://pac.corp.example/proxy.pac"
    When mac-1 is onboarded
    Then the agent of mac-1 goes through the tunnel proxy within 10 minutes

  @basis-seed @R002-30
  Scenario: curl on the route that the PAC file gives reads OK
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    When mac-1 runs curl to "https://x.cp.wd.microsoft.com/api/report" by its route
    Then the command on mac-1 prints "OK"

  @basis-documented
  Scenario: a PAC file may send hosts different ways
    Given the PAC file of the tenant is:
      """
      function FindProxyForURL(url, host) {
        if (isPlainHostName(host) || isInNet(dnsResolve("pac.corp.example"), "10.0.0.0", "255.0.0.0")) return "DIRECT";
        if (shExpMatch(host, "*.events.data.microsoft.com")) return "PROXY cyber.corp.example:3128; DIRECT";
        return weekdayRange("MON", "FRI") ? "PROXY work.corp.example:8080" : "PROXY weekend.corp.example:8080";
      }
      """
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    Then the route of mac-1 to "https://winatp-gw-eus.microsoft.com/test" is "work.corp.example:8080" by pac
    And mac-1 tries these ways to "https://us-v20.events.data.microsoft.com/ping":
      | cyber.corp.example:3128 | pac |
      | direct                  | pac |

  @basis-assumed
  Scenario: of a list of proxies a Mac takes the first that can be reached
    Given the PAC file of the tenant is:
      """
      function FindProxyForURL(url, host) {
        return "PROXY dead.corp.example:3128; PROXY tunnel-proxy.corp.example:8080; DIRECT";
      }
      """
    And an onboarded macOS endpoint mac-0 behind a tunnel proxy
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    When mac-1 is onboarded
    Then the agent of mac-1 goes through the tunnel proxy within 10 minutes

  @basis-documented
  Scenario Outline: a PAC file saved as <encoding> is read
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the PAC file of the tenant is saved as "<encoding>"
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    Then the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "tunnel-proxy.corp.example:8080" by pac

    Examples:
      | encoding  |
      | utf-8-sig |
      | utf-16    |
      | latin-1   |

  @basis-documented
  Scenario: a PAC file that is mended is followed after a while
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the PAC file of the tenant is answered with 404
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    When mac-1 is onboarded
    Then the agent of mac-1 goes directly within 10 minutes
    When the PAC file of the tenant is answered with 200 again
    Then the agent of mac-1 goes through the tunnel proxy within 5 hours

  @basis-assumed
  Scenario: a changed PAC file holds once the network changes
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    Then the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "tunnel-proxy.corp.example:8080" by pac
    When the PAC file of the tenant becomes:
      """
      function FindProxyForURL(url, host) { return "PROXY new.corp.example:8080"; }
      """
    Then the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "tunnel-proxy.corp.example:8080" by pac
    When the endpoints of the tenant join their network anew
    Then the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "new.corp.example:8080" by pac
