@onboarding
Feature: Onboarding a Linux endpoint
  A Linux endpoint is onboarded by a file. The agent notices it, enrols, and reports; nothing else has to be done on it.

  @basis-documented @R004-40 @R004-41 @RC-09
  Scenario: an endpoint with its tenant's onboarding file becomes licensed and healthy
    Given a Linux endpoint lin-1
    When lin-1 is onboarded
    Then mdatp health on lin-1 shows within 10 minutes:
      | licensed      | true |
      | healthy       | true |
      | health_issues | []   |
    And lin-1 belongs to its tenant within 1 minute

  @basis-documented @RC-09
  Scenario: the Defender API lists an onboarded endpoint as Active
    Given a Linux endpoint lin-1
    When lin-1 is onboarded
    Then the API lists lin-1 as Active within 10 minutes

  @basis-lab-defined @R000-01
  Scenario: every event of an onboarded endpoint is stored in the cloud
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "uname -a"
    Then every event of lin-1 is stored within 10 minutes

  @basis-observed
  Scenario: the portal's Python script onboards the endpoint on which it runs
    Given a Linux endpoint lin-1
    When the portal's onboarding script runs on lin-1
    Then the command on lin-1 exits with 0
    And the command on lin-1 prints "Generating /etc/opt/microsoft/mdatp/mdatp_onboard.json ..."
    And lin-1 belongs to its tenant within 2 minutes

  @basis-lab-defined
  Scenario: an endpoint without an onboarding file is not in the inventory
    Given an onboarded Linux endpoint lin-1
    And a Linux endpoint lin-2
    When 1 minute passes
    Then for 1 hour the API does not list lin-2
