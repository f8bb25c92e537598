@connectivity
Feature: A path that is closed for a while
  Reports wait on the endpoint until the cloud has acknowledged them.

  @basis-lab-defined
  Scenario: what happened during an outage is stored after it
    Given an onboarded Linux endpoint lin-1 behind a tunnel proxy
    When the tunnel proxy refuses every connection with 503
    And lin-1 runs "uname -a"
    Then events of lin-1 wait on it within 1 minute
    When 2 hours pass
    And the tunnel proxy lets connections through again
    Then every event of lin-1 is stored within 1 hour
