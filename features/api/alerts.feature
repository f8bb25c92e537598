@api @alerts
Feature: Alerts in the Defender API
  An analyst's automation takes an alert, says what it was and closes it, and the device's risk follows.

  @basis-documented
  Scenario: an alert is resolved as a test
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs the detection test of its platform
    Then the alert of its platform's detection test is raised for lin-1 within 10 minutes
    And the API shows lin-1 at risk "Low"
    When the API sets the alert "Enumeration of files with sensitive data" of lin-1 to:
      | status         | Resolved                      |
      | classification | InformationalExpectedActivity |
      | determination  | SecurityTesting               |
      | assignedTo     | ann@contoso.example           |
    Then the API shows the alert "Enumeration of files with sensitive data" of lin-1 with:
      | status         | Resolved                      |
      | classification | InformationalExpectedActivity |
      | determination  | SecurityTesting               |
      | assignedTo     | ann@contoso.example           |
    And the API shows lin-1 at risk "None"
    And the API counts 0 by "/api/alerts/$count?$filter=status ne 'Resolved'"

  @basis-documented
  Scenario: an alert that is opened again is not resolved at any time
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs the detection test of its platform
    And 10 minutes pass
    And the API sets the alert "Enumeration of files with sensitive data" of lin-1 to:
      | status | Resolved |
    And the API sets the alert "Enumeration of files with sensitive data" of lin-1 to:
      | status | InProgress |
    Then the API shows the alert "Enumeration of files with sensitive data" of lin-1 with:
      | status       | InProgress |
      | resolvedTime | -          |
    And the API shows lin-1 at risk "Low"

  @basis-documented
  Scenario: a determination must go with its classification
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs the detection test of its platform
    And 10 minutes pass
    Then the API refuses to set the alert "Enumeration of files with sensitive data" of lin-1 to:
      | classification | FalsePositive |
      | determination  | Malware       |
    And the API shows the alert "Enumeration of files with sensitive data" of lin-1 with:
      | status         | New |
      | classification | -   |
