@routes
Feature: A PAC file that gives no answer
  No failure of a PAC file is silent: the device says what was wrong with it, with its platform's number, before it goes another way.

  @basis-documented
  Scenario Outline: a Mac whose PAC file has <what> says so and goes direct
    Given the PAC file of the tenant is:
      """
      <script>
      """
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    Then for "https://x.cp.wd.microsoft.com/ping" mac-1 passes over pac because of "<reason>" with the number 308
    And the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "direct" by none
    And the Defender log on mac-1 says "pac passed over" within 1 minute

    Examples:
      | what               | reason             | script                                                            |
      | a syntax error     | pac-syntax-error   | function FindProxyForURL(url, host) { return "PROXY a:1"          |
      | no function        | pac-no-function    | function findproxyforurl(url, host) { return "PROXY a:1"; }       |
      | an unknown helper  | pac-runtime-error  | function FindProxyForURL(url, host) { return lookUpProxy(host); } |
      | an endless loop    | pac-endless-loop   | function FindProxyForURL(url, host) { while (true) {} }           |
      | endless recursion  | pac-too-deep       | function FindProxyForURL(url, host) { return FindProxyForURL(url, host) + "x"; } |
      | an HTML page in it | pac-html-portal    | <!DOCTYPE html><title>Please sign in</title>                      |

  @basis-documented
  Scenario Outline: a PAC file that is answered with <status> is passed over as <reason>
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the PAC file of the tenant is answered with <status>
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    Then for "https://x.cp.wd.microsoft.com/ping" mac-1 passes over pac because of "<reason>" with the number <number>

    Examples:
      | status | reason  | number |
      | 404    | pac-404 | 308    |
      | 203    | pac-404 | 308    |
      | 302    | pac-404 | 308    |
      | 401    | pac-401 | 309    |

  @basis-documented
  Scenario: a PAC file of more than one megabyte is refused
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the PAC file of the tenant is 1100000 bytes long
    And a Windows endpoint win-1 that looks for a PAC file
    And the WPAD name of the tenant leads to its PAC file
    Then for "https://x.cp.wd.microsoft.com/ping" win-1 passes over wpad because of "pac-too-large" with the number 12167

  @basis-documented
  Scenario: UTF-16 without a byte order mark is named
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the PAC file of the tenant is saved as "utf-16-le"
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    Then for "https://x.cp.wd.microsoft.com/ping" mac-1 passes over pac because of "pac-encoding"

  @basis-documented
  Scenario Outline: a PAC file that answers <answer> is taken as direct, and that is told
    Given the PAC file of the tenant is:
      """
      function FindProxyForURL(url, host) { return <answer>; }
      """
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    Then the route of mac-1 to "https://x.cp.wd.microsoft.com/ping" is "direct" by pac
    And for "https://x.cp.wd.microsoft.com/ping" mac-1 passes over pac because of "pac-bad-result"

    Examples:
      | answer       |
      | null         |
      | 42           |
      | ""           |
      | "PROXY"      |
      | "SOCKS s:1"  |

  @basis-documented
  Scenario Outline: a Windows endpoint whose PAC file has <what> writes event 99 with the number <number>
    Given the PAC file of the tenant is:
      """
      <script>
      """
    And the WPAD name of the tenant leads to its PAC file
    And a Windows endpoint win-1 that looks for a PAC file
    When win-1 is onboarded
    Then the agent of win-1 goes directly within 10 minutes
    When win-1 runs "wevtutil qe Microsoft-Windows-SENSE/Operational /f:text /q:*[System[(EventID=99)]]"
    Then the command on win-1 prints "(<number>)"

    Examples:
      | what              | number | script                                                   |
      | a syntax error    | 12166  | function FindProxyForURL(url, host) { return "PROXY a:1" |
      | an unknown helper | 12177  | function FindProxyForURL(url, host) { return nobody(); } |
