@connectivity
Feature: Any tool can talk to the mock cloud
  A client that is given the lab's proxy and CA reaches the simulated services by their real names, and nothing else.

  @basis-seed @R002-39
  Scenario Outline: a client reads OK from <url>
    Then a client of the lab reads "OK" from "<url>"

    Examples:
      | url                                        |
      | https://x.cp.wd.microsoft.com/api/report   |
      | https://cdn.x.cp.wd.microsoft.com/ping     |

  @basis-lab-defined
  Scenario: a name that the lab does not simulate is refused by the lab itself
    Then a client of the lab is told that "www.example.com" is not simulated
