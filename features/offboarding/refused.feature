@offboarding
Feature: Offboarding files that are refused
  An offboarding file is good for seven days and for its own organisation.

  @basis-documented
  Scenario: an offboarding file that is eight days old does not offboard
    Given an onboarded Linux endpoint lin-1
    When lin-1 gets an offboarding file that was downloaded 8 days ago
    Then the Defender log on lin-1 says "offboarding refused (expired)" within 1 minute
    And for 1 hour lin-1 goes on belonging to its tenant

  @basis-documented
  Scenario: an offboarding file that is six days old still offboards
    Given an onboarded Linux endpoint lin-1
    When lin-1 gets an offboarding file that was downloaded 6 days ago
    Then mdatp health on lin-1 shows within 5 minutes:
      | licensed | false |

  @basis-assumed
  Scenario: the offboarding file of another tenant does not offboard
    Given an onboarded Linux endpoint lin-1
    When lin-1 gets the offboarding file of another tenant
    Then the Defender log on lin-1 says "offboarding refused (other organisation)" within 1 minute
    And for 1 hour lin-1 goes on belonging to its tenant

  @basis-assumed
  Scenario: a tampered offboarding file does not offboard
    Given an onboarded Linux endpoint lin-1
    When lin-1 gets a tampered offboarding file
    Then the Defender log on lin-1 says "offboarding refused (tampered)" within 1 minute
    And for 1 hour lin-1 goes on belonging to its tenant
