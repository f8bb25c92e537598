@connectivity @embedded
Feature: A proxy of our own in the middle
  An organisation's own proxy can stand between the devices and the lab, with the lab's entrance as its upstream. What goes wrong at
  it is named like what goes wrong at a proxy of the lab.

  @basis-lab-defined
  Scenario: a proxy of ours that cannot be reached is named
    Given proxy own-proxy is a proxy of ours at "127.0.0.1:9"
    And a Linux endpoint lin-1 behind proxy own-proxy
    When lin-1 is onboarded
    And 10 minutes pass
    Then the diagnosis of lin-1 is "external-proxy-down"
