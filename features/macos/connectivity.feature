@macos @connectivity
Feature: A Mac and its path to the cloud
  The client follows the system's proxy settings; what stands in the way must let it through anonymously and unread.

  @basis-seed @R002-47 @R002-29
  Scenario: the connectivity test of a Mac with an open path is OK
    Given an onboarded macOS endpoint mac-1
    When mac-1 tests its connectivity
    Then the command on mac-1 exits with 0
    And the command on mac-1 prints "[OK]"
    And the command on mac-1 does not print "[FAIL]"

  @basis-seed @R002-40 @R002-41 @R002-42
  Scenario: curl in Terminal prints OK for both of the documented URLs
    Given a macOS endpoint mac-1
    When mac-1 runs "curl -w ' %{url_effective}\n' 'https://x.cp.wd.microsoft.com/api/report' 'https://cdn.x.cp.wd.microsoft.com/ping'"
    Then the command on mac-1 prints:
      """
      OK https://x.cp.wd.microsoft.com/api/report
      OK https://cdn.x.cp.wd.microsoft.com/ping
      """

  @basis-seed @R002-32
  Scenario: a Mac with a static proxy is onboarded through it
    Given a macOS endpoint mac-1 behind a tunnel proxy
    When mac-1 runs "scutil --proxy"
    Then the command on mac-1 prints "HTTPSEnable : 1"
    When mac-1 is onboarded
    Then mac-1 belongs to its tenant within 10 minutes
    And the API lists mac-1 as Active within 10 minutes

  @basis-seed @R002-21 @R002-29 @R002-43
  Scenario: a Mac whose traffic is blocked connects once it is allowed
    Given an onboarded Linux endpoint lin-1
    And a macOS endpoint mac-1 behind a tunnel proxy
    When the tunnel proxy refuses every connection with 403
    And mac-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on mac-1 exits with 56
    And the command on mac-1 does not print "OK"
    When mac-1 is onboarded
    Then for 1 hour the API does not list mac-1
    When the tunnel proxy lets connections through again
    Then the API lists mac-1 as Active within 1 hour

  @basis-seed @R002-33 @R002-34
  Scenario: a Mac works once its proxy permits anonymous traffic
    Given an onboarded Linux endpoint lin-1
    And a macOS endpoint mac-1 behind an authenticated proxy
    When mac-1 is onboarded
    Then for 1 hour the API does not list mac-1
    When the authenticated proxy lets anonymous traffic through
    Then the API lists mac-1 as Active within 1 hour

  @basis-seed @R002-35 @R002-38
  Scenario: on a Mac that trusts the interception CA the connectivity test fails all the same
    Given a macOS endpoint mac-1 behind an inspecting proxy whose CA it trusts
    When mac-1 tests its connectivity
    Then the command on mac-1 exits with 1
    And the connectivity test on mac-1 fails for "x.cp.wd.microsoft.com" with curl error 60
