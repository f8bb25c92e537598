@macos @packages
Feature: How the client and its package come onto a Mac
  By hand with administrative rights, or by a management tool.

  @basis-seed @R002-13 @R000-06
  Scenario: the client is installed and onboarded by hand
    Given a macOS endpoint mac-1 with:
      | installed | false |
    When mac-1 runs "curl -sS -o wdav.pkg https://officecdnmac.microsoft.com/pr/C1297A47-86C4-4C1F-97FA-950631F94777/MacAutoupdate/wdav.pkg"
    And mac-1 runs "sudo installer -pkg wdav.pkg -target /"
    Then the command on mac-1 exits with 0
    When the portal's onboarding script runs on mac-1
    Then mac-1 belongs to its tenant within 5 minutes

  @basis-seed @R002-09
  Scenario: somebody without administrative rights cannot install the client
    Given a macOS endpoint mac-1 with:
      | installed | false |
    When mac-1 runs "curl -sS -o /tmp/wdav.pkg https://officecdnmac.microsoft.com/pr/C1297A47-86C4-4C1F-97FA-950631F94777/MacAutoupdate/wdav.pkg"
    And the user kim of mac-1 runs "installer -pkg /tmp/wdav.pkg -target /"
    Then the command on mac-1 exits with 1
    And the command on mac-1 prints "Must be run as root"
    When the user kim of mac-1 runs "sudo installer -pkg /tmp/wdav.pkg -target /"
    Then the command on mac-1 exits with 1
    And the command on mac-1 prints "kim is not in the sudoers file"
    When mac-1 runs "mdatp health"
    Then the command on mac-1 exits with 127

  @basis-documented @R002-11
  Scenario: JAMF delivers the onboarding package as managed preferences
    Given a macOS endpoint mac-1
    When "jamf/WindowsDefenderATPOnboarding.plist" of the onboarding download by "jamf" is delivered to mac-1 as "/Library/Managed Preferences/com.microsoft.wdav.atp.plist"
    Then mac-1 belongs to its tenant within 5 minutes

  @basis-documented @R002-12
  Scenario: another MDM product delivers the same property list
    Given a macOS endpoint mac-1
    When "jamf/WindowsDefenderATPOnboarding.plist" of the onboarding download by "mdm" is delivered to mac-1 as "/Library/Managed Preferences/com.microsoft.wdav.atp.plist"
    Then mac-1 belongs to its tenant within 5 minutes

  @basis-documented @R002-10
  Scenario: Intune deploys the client and the profile of the portal's Intune download to a Mac
    Given a macOS endpoint mac-1 with:
      | installed | false |
    When the management product of mac-1 delivers "intune/WindowsDefenderATPOnboarding.xml" of the onboarding download by "intune"
    Then there is a file "/Library/Managed Preferences/com.microsoft.wdav.atp.plist" on mac-1
    When the management product of mac-1 installs the client
    Then mac-1 belongs to its tenant within 5 minutes

  @basis-documented @R002-10
  Scenario: the client that Intune deploys alone waits for its onboarding profile
    Given an onboarded Linux endpoint lin-1
    And a macOS endpoint mac-1 with:
      | installed | false |
    When the management product of mac-1 installs the client
    Then for 1 hour mac-1 is not licensed

  @basis-documented
  Scenario: a delivered property list that does not parse does not onboard
    Given an onboarded Linux endpoint lin-1
    And a macOS endpoint mac-1
    And a file "/Library/Managed Preferences/com.microsoft.wdav.atp.plist" on mac-1 that holds:
      """
      <plist><dict>
      """
    When 1 minute passes
    Then for 1 hour mac-1 is not licensed

  @basis-seed @R002-49
  Scenario: preferences of the enterprise are in force and shown as managed
    Given an onboarded macOS endpoint mac-1
    And a file "/Library/Managed Preferences/com.microsoft.wdav.plist" on mac-1 that holds:
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <plist version="1.0"><dict>
      <key>antivirusEngine</key><dict><key>enforcementLevel</key><string>passive</string></dict>
      </dict></plist>
      """
    When mac-1 runs "mdatp health --field passive_mode_enabled"
    Then the command on mac-1 prints "true [managed]"

  @basis-seed @R002-48
  Scenario: Microsoft AutoUpdate finds nothing newer on the Current channel
    Given an onboarded macOS endpoint mac-1
    When mac-1 runs "msupdate --list"
    Then the command on mac-1 prints "No updates available"

  @basis-seed @R002-06 @R002-48
  Scenario: the Beta channel brings the newest client
    Given an onboarded macOS endpoint mac-1
    When mac-1 runs:
      """
      sudo defaults write /Library/Preferences/com.microsoft.autoupdate2 ChannelName Beta
      sudo msupdate --install --apps wdav00
      mdatp health --field app_version
      """
    Then the command on mac-1 prints "101.25082.0001"
    And mdatp health on mac-1 shows:
      | release_ring | InsiderFast |
      | healthy      | true        |
