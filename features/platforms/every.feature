@platforms
Feature: What holds on every platform
  Platforms differ in where a package lies, how a device is asked and which test raises which alert; the promises are the same.

  @basis-documented @onboarding @R000-01 @RC-09
  Scenario Outline: a <platform> endpoint is onboarded by its tenant's package
    Given a <platform> endpoint dev-1
    When dev-1 is onboarded
    Then dev-1 belongs to its tenant within 10 minutes
    And the API lists dev-1 as Active within 10 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @interception @R002-35 @R002-36 @R002-38 @RC-10
  Scenario Outline: a <platform> endpoint refuses SSL inspection that curl accepts
    Given a <platform> endpoint dev-1 behind an inspecting proxy whose CA it trusts
    When dev-1 is onboarded
    And dev-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on dev-1 prints "OK"
    And dev-1 refuses because of interception within 10 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @interception @R002-37 @RC-10
  Scenario Outline: a <platform> endpoint connects once the Defender hosts are exempt from inspection
    Given a <platform> endpoint dev-1 behind an inspecting proxy whose CA it trusts
    When dev-1 is onboarded
    And dev-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then dev-1 refuses because of interception within 10 minutes
    When the inspecting proxy exempts the Defender hosts from inspection
    Then the API lists dev-1 as Active within 1 hour

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @alerts @RC-11
  Scenario Outline: the detection test of <platform> raises its alert
    Given an onboarded <platform> endpoint dev-1
    When dev-1 runs the detection test of its platform
    Then the alert of its platform's detection test is raised for dev-1 within 10 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @offboarding @R004-83 @RC-12
  Scenario Outline: an offboarded <platform> endpoint belongs to no tenant
    Given an onboarded <platform> endpoint dev-1
    When dev-1 is offboarded
    Then dev-1 belongs to no tenant within 5 minutes
    And for 6 days the API goes on listing dev-1 as Active
    And the API lists dev-1 as Inactive within 2 days

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-assumed @onboarding
  Scenario Outline: a tampered package does not onboard a <platform> endpoint
    Given an onboarded Linux endpoint lin-1
    And a <platform> endpoint dev-1
    When dev-1 gets a tampered onboarding file
    Then for 1 hour dev-1 is not licensed

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-assumed @onboarding
  Scenario Outline: the package of another tenant does not move a <platform> endpoint
    Given an onboarded <platform> endpoint dev-1
    When dev-1 gets the onboarding file of another tenant
    Then for 1 hour dev-1 goes on belonging to its tenant

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @onboarding
  Scenario Outline: a second package of its tenant leaves a <platform> endpoint one device in the inventory
    Given an onboarded <platform> endpoint dev-1
    When dev-1 is onboarded
    Then for 1 hour the API goes on listing dev-1 as Active

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @onboarding @offboarding
  Scenario Outline: a <platform> endpoint that was offboarded can be onboarded again
    Given an onboarded <platform> endpoint dev-1
    When dev-1 is offboarded
    Then dev-1 belongs to no tenant within 5 minutes
    When the offboarding file on dev-1 is removed
    And dev-1 is onboarded
    Then dev-1 belongs to its tenant within 10 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-lab-defined @connectivity @R000-01
  Scenario Outline: what a <platform> endpoint sees during an outage is stored after it
    Given an onboarded <platform> endpoint dev-1 behind a tunnel proxy
    When the tunnel proxy refuses every connection with 503
    And dev-1 runs "hostname"
    Then events of dev-1 wait on it within 1 minute
    When 2 hours pass
    Then events of dev-1 wait on it within 1 minute
    When the tunnel proxy lets connections through again
    Then every event of dev-1 is stored within 1 hour

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @offboarding
  Scenario Outline: an offboarding package that is eight days old does not offboard a <platform> endpoint
    Given an onboarded <platform> endpoint dev-1
    When dev-1 gets an offboarding file that was downloaded 8 days ago
    Then for 1 hour dev-1 goes on belonging to its tenant

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @onboarding @packages
  Scenario Outline: the portal's script onboards the <platform> endpoint on which it runs
    Given a <platform> endpoint dev-1
    When the portal's onboarding script runs on dev-1
    Then the command on dev-1 exits with 0
    And dev-1 belongs to its tenant within 10 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-assumed @offboarding @packages
  Scenario Outline: the portal's script offboards the <platform> endpoint on which it runs
    Given an onboarded <platform> endpoint dev-1
    When the portal's offboarding script runs on dev-1
    Then the command on dev-1 exits with 0
    And dev-1 belongs to no tenant within 10 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-seed @connectivity @R002-40 @R002-41 @R002-42
  Scenario Outline: curl on <platform> prints OK for both of the documented URLs
    Given a <platform> endpoint dev-1
    When dev-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on dev-1 prints "OK"
    When dev-1 runs "curl -sS https://cdn.x.cp.wd.microsoft.com/ping"
    Then the command on dev-1 prints "OK"

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @connectivity @R002-34
  Scenario Outline: an authenticated proxy keeps a <platform> endpoint out
    Given an onboarded Linux endpoint lin-1
    And a <platform> endpoint dev-1 behind an authenticated proxy
    When dev-1 is onboarded
    Then for 1 hour the API does not list dev-1

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-seed @alerts @R000-03
  Scenario: alerts of a Windows, a macOS and a Linux endpoint are listed together
    Given an onboarded Linux endpoint lin-1
    And an onboarded macOS endpoint mac-1
    And an onboarded Windows endpoint win-1
    When lin-1 runs the detection test of its platform
    And win-1 runs the detection test of its platform
    And mac-1 runs the detection test of its platform
    Then the alert of its platform's detection test is raised for lin-1 within 10 minutes
    And the alert of its platform's detection test is raised for mac-1 within 10 minutes
    And the alert of its platform's detection test is raised for win-1 within 10 minutes
