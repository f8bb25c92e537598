@subject-bypass @interception
Feature: The bypass list under test
  The agent believes its own roots only, so an inspecting proxy must pass its hosts on unread.

  @basis-documented
  Scenario: the bypass list under test covers every pinned host
    Then the bypass list under test covers every host on which the agent pins certificates

  @basis-documented
  Scenario Outline: a <platform> endpoint connects through a proxy that exempts the bypass list under test
    Given an inspecting proxy that exempts the bypass list under test
    And a <platform> endpoint dev-1 behind the inspecting proxy
    When dev-1 is onboarded
    Then the API lists dev-1 as Active within 30 minutes
    And every event of dev-1 is stored within 10 minutes

    Examples:
      | platform |
      | Linux    |
      | macOS    |
      | Windows  |
