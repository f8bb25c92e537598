@routes @faults
Feature: The diagnosis names the setting that was not followed
  Where only the proxy may reach the cloud, a device that lost its way to the proxy fails at the firewall. Its cause is not there.

  @basis-documented
  Scenario Outline: a Mac behind a firewall whose PAC file is answered with <status> is told so
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the PAC file of the tenant is answered with <status>
    And the fault tls-sni-blocked-rst
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    When mac-1 is onboarded
    And 10 minutes pass
    Then the diagnosis of mac-1 is "<cause>"
    When the PAC file of the tenant is answered with 200 again
    Then the API lists mac-1 as Active within 5 hours
    And the agent of mac-1 goes through the tunnel proxy within 10 minutes
    And the diagnosis of mac-1 is "none"

    Examples:
      | status | cause   |
      | 404    | pac-404 |
      | 401    | pac-401 |

  @basis-documented
  Scenario Outline: a <platform> endpoint with <setting> behind a firewall is told <cause>
    Given the PAC file of the tenant sends everything to a tunnel proxy
    And the fault tls-sni-blocked-rst
    And a <platform> endpoint dev-1 with:
      | <field> | <value> |
    When dev-1 is onboarded
    And 10 minutes pass
    Then the diagnosis of dev-1 is "<cause>"

    Examples:
      | platform | setting                   | field | value                              | cause                |
      | Linux    | a PAC file                | pac   | pac                                | pac-set-on-linux     |
      | Windows  | a PAC file of its user    | pac   | pac                                | wpad-user-not-system |
      | Windows  | discovery and no record   | wpad  | true                               | wpad-no-record       |
      | macOS    | a PAC file at a wrong URL | pac   | http://pac.corp.example/old.pac    | pac-404              |
      | macOS    | a PAC file at no host     | pac   | http://nobody.corp.example/x.pac   | pac-name-unknown     |
      | macOS    | a PAC file on a disk      | pac   | file:///etc/proxy.pac              | pac-bad-url          |

  @basis-documented
  Scenario: a firewall alone is not blamed on a network that announces nothing
    Given the fault tls-sni-blocked-rst
    And a Windows endpoint win-1
    When win-1 is onboarded
    And 10 minutes pass
    Then the diagnosis of win-1 names what tls-sni-blocked-rst causes
