@health
Feature: What mdatp health says on Linux
  Tools read the output of `mdatp health`, so its fields and its grammar are part of the product.

  @basis-documented
  Scenario: an endpoint that was never onboarded lacks a licence
    Given a Linux endpoint lin-1
    When lin-1 runs "mdatp health"
    Then the command on lin-1 exits with 0
    And the command on lin-1 prints "ATTENTION: No license found. Contact your administrator for help."
    And mdatp health on lin-1 shows:
      | healthy        | false               |
      | health_issues  | ["missing license"] |
      | licensed       | false               |
      | org_id         | unavailable         |
      | edr_machine_id | unavailable         |

  @basis-documented
  Scenario: definitions are not there until their first download ends
    Given a Linux endpoint lin-1
    When lin-1 is onboarded
    And 1 minute passes
    Then mdatp health on lin-1 shows:
      | licensed | true  |
      | healthy  | false |
    And mdatp health on lin-1 shows within 10 minutes:
      | healthy            | true       |
      | definitions_status | up_to_date |

  @basis-documented
  Scenario: a single field is printed by itself
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "mdatp health --field definitions_status"
    Then the command on lin-1 prints:
      """
      "up_to_date"
      """

  @basis-documented
  Scenario: a device tag shows in health and in the API
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "mdatp edr tag set --name GROUP --value lab"
    Then the command on lin-1 prints "Configuration updated successfully"
    And mdatp health on lin-1 shows:
      | edr_device_tags | [{"key":"GROUP","value":"lab"}] |
    And the API shows the tag "lab" on lin-1 within 1 hour

  @basis-documented
  Scenario: passive mode leaves a healthy endpoint without real-time protection
    Given an onboarded Linux endpoint lin-1 in passive mode
    Then mdatp health on lin-1 shows:
      | healthy                      | true  |
      | passive_mode_enabled         | true  |
      | real_time_protection_enabled | false |
