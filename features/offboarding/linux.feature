@offboarding
Feature: Offboarding a Linux endpoint
  A file offboards the endpoint. The agent stays installed and has no licence any more; the device stays in the inventory.

  @basis-documented @R004-83 @RC-12
  Scenario: an offboarded endpoint has no licence
    Given an onboarded Linux endpoint lin-1
    When lin-1 is offboarded
    Then mdatp health on lin-1 shows within 5 minutes:
      | licensed      | false               |
      | healthy       | false               |
      | org_id        | unavailable         |
      | health_issues | ["missing license"] |

  @basis-documented @RC-12
  Scenario: an offboarded endpoint stays Active for some days and is Inactive after seven
    Given an onboarded Linux endpoint lin-1
    When lin-1 is offboarded
    Then for 6 days the API goes on listing lin-1 as Active
    And the API lists lin-1 as Inactive within 2 days

  @basis-observed
  Scenario: the portal's Python script offboards the endpoint on which it runs
    Given an onboarded Linux endpoint lin-1
    When the portal's offboarding script runs on lin-1
    Then the command on lin-1 exits with 0
    And mdatp health on lin-1 shows within 5 minutes:
      | licensed | false |

  @basis-documented
  Scenario: an endpoint that was offboarded can be onboarded again
    Given an onboarded Linux endpoint lin-1
    When lin-1 is offboarded
    And 5 minutes pass
    And the offboarding file on lin-1 is removed
    And lin-1 is onboarded
    Then lin-1 belongs to its tenant within 10 minutes

  @basis-documented
  Scenario: the Defender API refuses to offboard a Linux device
    Given an onboarded Linux endpoint lin-1
    Then the API refuses to offboard lin-1 with "OsPlatformNotSupported"
