@api
Feature: Machine actions
  An order waits until the device's next contact, and the device really does it.

  @basis-documented
  Scenario Outline: a scan of a <platform> endpoint is carried out
    Given an onboarded <platform> endpoint dev-1
    When the API orders a quick scan of dev-1
    Then the last action on dev-1 is Pending
    And the last action on dev-1 is Succeeded within 30 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-documented @R004-83 @offboarding
  Scenario: a Windows endpoint is offboarded by the API
    Given an onboarded Windows endpoint win-1
    When the API orders offboarding of win-1
    Then the last action on win-1 is Succeeded within 30 minutes
    And win-1 belongs to no tenant within 1 minute
    And the API lists win-1 as Inactive within 8 days

  @basis-documented
  Scenario Outline: the API does not offboard a <platform> endpoint
    Given an onboarded <platform> endpoint dev-1
    Then the API refuses offboarding of dev-1 with 400 "OsPlatformNotSupported"

    Examples:
      | platform |
      | Linux    |
      | macOS    |

  @basis-documented
  Scenario: an isolated endpoint reaches its own cloud and nothing else until it is released
    Given an onboarded Linux endpoint lin-1
    When the API orders isolation of lin-1
    Then the last action on lin-1 is Succeeded within 30 minutes
    When lin-1 runs "curl -sS https://packages.microsoft.com/keys/microsoft.asc"
    Then the command on lin-1 exits with 7
    And for 1 day the API goes on listing lin-1 as Active
    When the API orders release of lin-1
    Then the last action on lin-1 is Succeeded within 30 minutes
    When lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 prints "OK"

  @basis-documented
  Scenario: a file is quarantined by its SHA-1
    Given an onboarded Windows endpoint win-1
    When win-1 runs "cmd /c echo harmless> C:\Users\Public\tool.txt"
    And the API orders the quarantine of "/C:/Users/Public/tool.txt" on win-1
    Then the last action on win-1 is Succeeded within 30 minutes
    And there is no file "/C:/Users/Public/tool.txt" on win-1

  @basis-documented
  Scenario: an action that was cancelled is not carried out
    Given an onboarded Linux endpoint lin-1
    When the API orders isolation of lin-1
    And the API cancels the last action on lin-1
    And 1 hour passes
    Then the last action on lin-1 is Cancelled
    When lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 prints "OK"

  @basis-documented
  Scenario: an order that no device takes times out after three days
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "systemctl stop mdatp"
    And the API orders a quick scan of lin-1
    And 71 hours pass
    Then the last action on lin-1 is Pending
    And the last action on lin-1 is TimeOut within 1 hour

  @basis-documented
  Scenario Outline: <order> of a Linux endpoint is refused as <code>
    Given an onboarded Linux endpoint lin-1
    Then the API refuses <order> of lin-1 with 400 "<code>"

    Examples:
      | order                      | code                     |
      | selective isolation        | OsPlatformNotSupported   |
      | restricted code execution  | OsPlatformNotSupported   |
      | a scan of another kind     | InvalidInput             |
      | an order without a comment | MissingRequiredParameter |

  @basis-documented
  Scenario: a second scan is refused while the first one waits
    Given an onboarded Linux endpoint lin-1
    When the API orders a full scan of lin-1
    Then the API refuses a quick scan of lin-1 with 400 "BadRequest"

  @basis-lab-defined
  Scenario Outline: a device says that it cannot do <order>
    Given an onboarded Windows endpoint win-1
    When the API orders <order> of win-1
    Then the last action on win-1 is Failed within 30 minutes

    Examples:
      | order                    |
      | an investigation package |
      | a live response          |
