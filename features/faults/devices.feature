@faults
Feature: Faults of a device and of what it runs on
  A device that has no network, that is suspended, or whose client was killed says nothing by itself. A diagnosis says so all the same,
  and what its client had to report is delivered once the device is back.

  @basis-observed
  Scenario Outline: a cut link keeps a <platform> endpoint out, is named, and leaves no trace
    Given a <platform> endpoint dev-1 on the route of link-down
    And the fault link-down
    When dev-1 is onboarded
    And 3 minutes pass
    Then the diagnosis of dev-1 names what link-down causes
    And dev-1 belongs to no tenant within 1 minute
    When the fault link-down is removed
    Then the API lists dev-1 as Active within 1 hour

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-observed
  Scenario: a link that is cut for some minutes loses nothing of a connected endpoint
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "hostname"
    Then every event of lin-1 is stored within 1 hour
    When the fault link-down begins
    And lin-1 runs "hostname"
    And 10 minutes pass
    Then events of lin-1 wait on it within 1 minute
    And the diagnosis of lin-1 names what link-down causes
    When the fault link-down is removed
    Then every event of lin-1 is stored within 1 hour

  @basis-lab-defined
  Scenario Outline: a client that was killed on a <platform> endpoint is named, and reports again once it runs
    Given an onboarded <platform> endpoint dev-1
    When the fault client-killed begins
    And 8 days pass
    Then the diagnosis of dev-1 names what client-killed causes
    And the API lists dev-1 as Inactive within 1 hour
    When the fault client-killed is removed
    Then the API lists dev-1 as Active within 1 hour
    And the diagnosis of dev-1 is "none"

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @docker @basis-observed
  Scenario Outline: a suspended <platform> endpoint is named, and its queue is delivered once it goes on
    Given an onboarded <platform> endpoint dev-1
    And the fault tcp-refused
    When dev-1 runs "hostname"
    Then events of dev-1 wait on it within 1 minute
    When the fault device-suspended begins
    And the fault tcp-refused is removed
    And 10 minutes pass
    Then the diagnosis of dev-1 names what device-suspended causes
    And events of dev-1 wait on it within 1 minute
    When the fault device-suspended is removed
    Then every event of dev-1 is stored within 1 hour

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |

  @basis-observed
  Scenario Outline: a <platform> endpoint whose power was cut is named, and its queue is delivered once it is on again
    Given an onboarded <platform> endpoint dev-1
    And the fault tcp-refused for "*.events.data.microsoft.com"
    When dev-1 runs the detection test of its platform
    Then events of dev-1 wait on it within 1 minute
    When the fault device-off begins
    And the fault tcp-refused is removed
    And 10 minutes pass
    Then the diagnosis of dev-1 names what device-off causes
    And events of dev-1 wait on it within 1 minute
    When the fault device-off is removed
    Then the alert of its platform's detection test is raised for dev-1 within 1 hour
    And every event of dev-1 is stored within 1 hour

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |
