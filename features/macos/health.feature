@macos @health
Feature: What the client on a Mac needs to be healthy
  Approvals come from configuration profiles; from macOS 11 on the client runs on system extensions.

  @basis-seed @R002-19 @R002-20
  Scenario Outline: a missing <missing> profile is a health issue
    Given a macOS endpoint mac-1 with:
      | profiles | <deployed> |
    When mac-1 is onboarded
    Then mdatp health on mac-1 shows within 10 minutes:
      | licensed      | true      |
      | healthy       | false     |
      | health_issues | [<issues>] |
      | <field>       | <value>   |

    Examples:
      | missing   | deployed                                                             | issues                                                          | field                          | value       |
      | sysext    | netfilter fulldisk background_services notif accessibility bluetooth | "no active event provider","network event provider not running" | real_time_protection_available | false       |
      | netfilter | sysext fulldisk background_services notif accessibility bluetooth    | "network event provider not running"                            | network_events_subsystem       | unavailable |
      | fulldisk  | sysext netfilter background_services notif accessibility bluetooth   | "full disk access has not been granted"                         | full_disk_access_enabled       | false       |

  @basis-seed @R002-20
  Scenario: a Mac that is upgraded from an older macOS misses the additional profiles until they are deployed
    Given a macOS endpoint mac-1 with:
      | release  | 10.15 |
      | profiles |       |
    When mac-1 is onboarded
    And mac-1 is upgraded to the release "14"
    Then mdatp health on mac-1 shows within 10 minutes:
      | licensed      | true                                                                                                                      |
      | healthy       | false                                                                                                                     |
      | health_issues | ["no active event provider","network event provider not running","full disk access has not been granted"] |
    When the configuration profiles "default" are deployed to mac-1
    Then mdatp health on mac-1 shows within 10 minutes:
      | healthy       | true |
      | health_issues | []   |

  @basis-seed @R002-50
  Scenario: from macOS 11 on the client runs on system extensions
    Given a macOS endpoint mac-1
    When mac-1 runs "systemextensionsctl list"
    Then the command on mac-1 prints "2 extension(s)"
    And the command on mac-1 prints "[activated enabled]"
    When mac-1 runs "kextstat"
    Then the command on mac-1 does not print "com.microsoft.wdavkext"

  @basis-seed @R002-50
  Scenario: before macOS 11 the client runs on its kernel extension
    Given a macOS endpoint mac-1 with:
      | release | 10.15 |
    When mac-1 runs "systemextensionsctl list"
    Then the command on mac-1 prints "0 extension(s)"
    When mac-1 runs "kextstat"
    Then the command on mac-1 prints "com.microsoft.wdavkext"

  @basis-documented @R002-19
  Scenario: extensions that no profile approves wait for the user
    Given a macOS endpoint mac-1 with:
      | profiles | fulldisk |
    When mac-1 runs "systemextensionsctl list"
    Then the command on mac-1 prints "[activated waiting for user]"
    And the command on mac-1 does not print "[activated enabled]"

  @basis-documented
  Scenario: MDM enrolment and its profiles are listed
    Given a macOS endpoint mac-1
    When mac-1 runs "sudo profiles status -type enrollment"
    Then the command on mac-1 prints "MDM enrollment: Yes (User Approved)"
    When mac-1 runs "sudo profiles list"
    Then the command on mac-1 prints "There are 7 system configuration profiles installed"

  @basis-seed @R002-03
  Scenario: another protection product beside an active antivirus is reported
    Given a macOS endpoint mac-1 with:
      | services | com.crowdstrike.falcond |
    When mac-1 is onboarded
    Then mdatp health on mac-1 shows within 10 minutes:
      | licensed                 | true                     |
      | healthy                  | false                    |
      | conflicting_applications | ["CrowdStrike Falcon"]   |

  @basis-seed @R002-04
  Scenario: beside another protection product EDR works in passive mode
    Given a macOS endpoint mac-1 with:
      | services | com.crowdstrike.falcond |
      | passive  | true                    |
    When mac-1 is onboarded
    Then mdatp health on mac-1 shows within 10 minutes:
      | licensed             | true |
      | healthy              | true |
      | passive_mode_enabled | true |
    When mac-1 runs the detection test of its platform
    Then the alert of its platform's detection test is raised for mac-1 within 10 minutes

  @basis-seed @R002-51
  Scenario: network protection can be turned on
    Given an onboarded macOS endpoint mac-1
    When mac-1 runs "sudo mdatp config network-protection enforcement-level --value block"
    Then mdatp health on mac-1 shows:
      | network_protection_status            | started |
      | network_protection_enforcement_level | block   |

  @basis-lab-defined @R002-28
  Scenario Outline: excluding <what> is flagged as a common mistake
    Given an onboarded macOS endpoint mac-1
    When mac-1 runs "mdatp exclusion <command>"
    Then the command on mac-1 exits with 0
    And the command on mac-1 prints "is a common exclusion mistake"

    Examples:
      | what            | command                     |
      | the root folder | folder add --path /         |
      | zip files       | extension add --name zip    |
      | the shell       | process add --name bash     |

  @basis-lab-defined @R002-28
  Scenario: an ordinary exclusion is not flagged
    Given an onboarded macOS endpoint mac-1
    When mac-1 runs "mdatp exclusion folder add --path /Users/Shared/build"
    Then the command on mac-1 does not print "mistake"
