@onboarding
Feature: Onboarding an endpoint that is onboarded
  An endpoint belongs to one organisation. A second onboarding file neither doubles it nor moves it.

  @basis-documented
  Scenario: a second file of the same tenant leaves one device in the inventory
    Given an onboarded Linux endpoint lin-1
    When lin-1 is onboarded
    Then for 1 hour the API goes on listing lin-1 as Active

  @basis-assumed
  Scenario: the file of another tenant does not move the endpoint
    Given an onboarded Linux endpoint lin-1
    When lin-1 gets the onboarding file of another tenant
    Then the Defender log on lin-1 says "onboarding refused (other organisation)" within 1 minute
    And for 1 hour lin-1 goes on belonging to its tenant

  @basis-documented
  Scenario: a left-over offboarding file blocks onboarding until it is removed
    Given an onboarded Linux endpoint lin-1
    And a Linux endpoint lin-2
    And a left-over offboarding file on lin-2
    When lin-2 is onboarded
    Then for 1 hour lin-2 is not licensed
    When the offboarding file on lin-2 is removed
    Then lin-2 belongs to its tenant within 10 minutes
