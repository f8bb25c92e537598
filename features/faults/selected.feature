@faults
Feature: Faults that take some names, some endpoints or some time
  A fault takes what its selector says and nothing else.

  @basis-lab-defined
  Scenario: a fault of one name leaves the other names alone
    Given a Linux endpoint lin-1
    And the fault dns-nxdomain for "x.cp.wd.microsoft.com"
    When lin-1 runs "curl -sS https://cdn.x.cp.wd.microsoft.com/ping"
    Then the command on lin-1 prints "OK"
    When lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 exits with 6

  @basis-lab-defined
  Scenario: a fault takes hold of an endpoint that is connected
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "hostname"
    Then every event of lin-1 is stored within 1 hour
    When the fault dns-nxdomain begins
    And lin-1 runs "hostname"
    And 10 minutes pass
    Then events of lin-1 wait on it within 1 minute
    When the fault dns-nxdomain is removed
    Then every event of lin-1 is stored within 1 hour
