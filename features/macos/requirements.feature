@macos @requirements
Feature: What a Mac must be like
  Profile `seed`: macOS 15.0.1, 14, 13 and 12, no betas, an x64 or ARM64 processor, 1 GB of free space.

  @basis-seed @R002-14 @R002-16
  Scenario Outline: a Mac with macOS <release> and an <processor> processor becomes healthy
    Given a macOS endpoint mac-1 with:
      | release      | <release>   |
      | architecture | <processor> |
    When mac-1 is onboarded
    Then mdatp health on mac-1 shows within 10 minutes:
      | licensed      | true |
      | healthy       | true |
      | health_issues | []   |

    Examples:
      | release | processor |
      | 15.0.1  | x64       |
      | 15.0.1  | arm64     |
      | 14      | arm64     |
      | 13      | x64       |
      | 12      | x64       |

  @basis-seed @R002-15 @R002-18 @R000-05
  Scenario Outline: the installer refuses a Mac with <field> <value>
    Given a macOS endpoint mac-1 with:
      | installed | false   |
      | <field>   | <value> |
    When mac-1 runs "curl -sS -o wdav.pkg https://officecdnmac.microsoft.com/pr/C1297A47-86C4-4C1F-97FA-950631F94777/MacAutoupdate/wdav.pkg"
    And mac-1 runs "sudo installer -pkg wdav.pkg -target /"
    Then the command on mac-1 exits with 1
    And the command on mac-1 prints "<said>"

    Examples:
      | field   | value | said                                   |
      | release | 11    | macOS 11 (Big Sur) is not supported    |
      | release | 10.15 | macOS 10.15 (Catalina) is not supported |
      | release | 15.0  | macOS 15.0 (Sequoia) is not supported  |
      | beta    | true  | beta versions of macOS are not supported |

  @basis-seed @R002-17
  Scenario: the installer wants 1 GB of free space
    Given a macOS endpoint mac-1 with:
      | installed    | false |
      | disk_free_mb | 1023  |
    And a macOS endpoint mac-2 with:
      | installed    | false |
      | disk_free_mb | 1024  |
    When mac-1 runs "curl -sS -o wdav.pkg https://officecdnmac.microsoft.com/pr/C1297A47-86C4-4C1F-97FA-950631F94777/MacAutoupdate/wdav.pkg"
    And mac-1 runs "sudo installer -pkg wdav.pkg -target /"
    Then the command on mac-1 exits with 1
    And the command on mac-1 prints "1023 MB are free and Microsoft Defender for Endpoint needs 1024 MB"
    When mac-2 runs "curl -sS -o wdav.pkg https://officecdnmac.microsoft.com/pr/C1297A47-86C4-4C1F-97FA-950631F94777/MacAutoupdate/wdav.pkg"
    And mac-2 runs "sudo installer -pkg wdav.pkg -target /"
    Then the command on mac-2 exits with 0

  @basis-lab-defined @R002-15 @R002-18 @R000-05
  Scenario Outline: a client that is there on a Mac with <field> <value> stays without a licence
    Given an onboarded macOS endpoint mac-1
    And a macOS endpoint mac-2 with:
      | <field> | <value> |
    When mac-2 is onboarded
    Then for 1 hour mac-2 is not licensed

    Examples:
      | field   | value |
      | release | 11    |
      | beta    | true  |

  @basis-seed @R002-44
  Scenario: System Integrity Protection is on by default
    Given a macOS endpoint mac-1
    When mac-1 runs "csrutil status"
    Then the command on mac-1 prints "System Integrity Protection status: enabled."

  @basis-seed @R002-45
  Scenario: System Integrity Protection keeps the system's files from being changed
    Given a macOS endpoint mac-1
    And a file "/System/Library/CoreServices/SystemVersion.plist" on mac-1 that holds:
      """
      system
      """
    When mac-1 runs "sudo rm /System/Library/CoreServices/SystemVersion.plist"
    Then the command on mac-1 exits with 1
    And the command on mac-1 prints "Operation not permitted"
    And there is a file "/System/Library/CoreServices/SystemVersion.plist" on mac-1

  @basis-seed @R002-46
  Scenario: a Mac without System Integrity Protection is flagged
    Given a macOS endpoint mac-1 with:
      | sip | false |
    When mac-1 runs "csrutil status"
    Then the command on mac-1 prints "System Integrity Protection status: disabled."
    And the command on mac-1 prints "against the recommendation"
