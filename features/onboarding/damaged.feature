@onboarding
Feature: Onboarding files that cannot be believed
  The agent takes an onboarding file only as the portal signed it.

  @basis-assumed
  Scenario Outline: a <damage> onboarding file does not onboard the endpoint
    Given an onboarded Linux endpoint lin-1
    And a Linux endpoint lin-2
    When lin-2 gets a <damage> onboarding file
    Then the Defender log on lin-2 says "onboarding refused (<reason>)" within 1 minute
    And for 1 hour lin-2 is not licensed

    Examples:
      | damage    | reason    |
      | truncated | malformed |
      | tampered  | tampered  |

  @basis-documented
  Scenario: an endpoint recovers when a good file replaces a truncated one
    Given a Linux endpoint lin-1
    And an onboarded Linux endpoint lin-2
    When lin-1 gets a truncated onboarding file
    And lin-1 is onboarded
    Then lin-1 belongs to its tenant within 2 minutes
