@onboarding
Feature: What a Linux endpoint needs for onboarding
  The portal's script is written in Python; the antivirus needs fanotify for itself.

  @basis-documented @R004-07
  Scenario: the portal's script cannot run on an endpoint without Python
    Given a Linux endpoint lin-1 without Python
    When the portal's onboarding script runs on lin-1
    Then the command on lin-1 exits with 127
    And mdatp health on lin-1 shows:
      | licensed | false |

  @basis-documented @R004-08
  Scenario: an old Python is not enough on RHEL 8
    Given a Linux endpoint lin-1 with:
      | distribution | rhel   |
      | release      | 8.10   |
      | python       |        |
      | python2      | 2.7.18 |
    When the portal's onboarding script runs on lin-1
    Then the command on lin-1 exits with 127
    And mdatp health on lin-1 shows:
      | licensed | false |

  @basis-documented
  Scenario: a program that holds fanotify is named as a conflict and keeps real-time protection off
    Given a Linux endpoint lin-1 on which falcon-sensor holds fanotify
    When lin-1 is onboarded
    Then mdatp health on lin-1 shows within 10 minutes:
      | licensed                       | true              |
      | conflicting_applications       | ["falcon-sensor"] |
      | real_time_protection_subsystem | unavailable       |
