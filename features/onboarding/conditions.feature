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

  @basis-documented @R004-09
  Scenario: another distribution takes an older Python, which says that Python 3 is recommended
    Given a Linux endpoint lin-1 with:
      | distribution | debian |
      | release      | 10     |
      | python       |        |
      | python2      | 2.7.16 |
    When "MicrosoftDefenderATPOnboardingLinuxServer.py" of the onboarding download by "script" is delivered to lin-1 as "/root/onboard.py"
    And lin-1 runs "sudo python /root/onboard.py"
    Then the command on lin-1 prints "Python 3 is recommended"
    And lin-1 belongs to its tenant within 10 minutes

  @basis-documented @R000-04
  Scenario Outline: <distribution> <release> is compatible and can be onboarded
    Given a Linux endpoint lin-1 with:
      | distribution | <distribution> |
      | release      | <release>      |
    When lin-1 is onboarded
    Then lin-1 belongs to its tenant within 10 minutes
    And the API lists lin-1 as Active within 10 minutes

    Examples:
      | distribution | release |
      | ubuntu       | 24.04   |
      | rhel         | 7.9     |
      | rocky        | 9.2     |
      | amzn         | 2023    |

  @basis-documented @R000-04
  Scenario Outline: <distribution> <release> is not compatible, so it stays out
    Given an onboarded Linux endpoint lin-1
    And a Linux endpoint lin-2 with:
      | distribution | <distribution> |
      | release      | <release>      |
    When lin-2 is onboarded
    Then for 1 hour the API does not list lin-2
    And mdatp health on lin-2 shows:
      | licensed      | false                                                                          |
      | health_issues | ["missing license","distribution <distribution> <release> is not supported"] |

    Examples:
      | distribution | release |
      | ubuntu       | 14.04   |
      | rhel         | 7.1     |
      | rocky        | 9.1     |
      | arch         | rolling |

  @basis-seed @R004-33
  Scenario: beside a service that uses fanotify the client works in passive mode once it was installed by hand
    Given a Linux endpoint lin-1 with:
      | services       | ds_agent |
      | fanotify_users | ds_agent |
    When the portal's onboarding script runs on lin-1
    Then mdatp health on lin-1 shows within 10 minutes:
      | licensed                 | true         |
      | conflicting_applications | ["ds_agent"] |
    When lin-1 runs "sudo mdatp config passive-mode --value enabled"
    Then mdatp health on lin-1 shows within 10 minutes:
      | healthy              | true |
      | passive_mode_enabled | true |
    When lin-1 runs the detection test of its platform
    Then the alert of its platform's detection test is raised for lin-1 within 10 minutes
