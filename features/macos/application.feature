@macos @health
Feature: What the application of the client on a Mac offers
  It has the menu item for feedback; where feedback then goes is not published, and the lab sends none.

  @basis-seed @R002-05
  Scenario: the application has Send feedback in its Help menu
    Given a macOS endpoint mac-1
    When mac-1 runs:
      """
      osascript -e 'tell application "System Events" to get name of menu items of menu "Help" of menu bar 1 of process "Microsoft Defender"'
      """
    Then the command on mac-1 prints "Send feedback"

  @basis-seed @R002-05
  Scenario: without the client there is no menu for feedback
    Given a macOS endpoint mac-1 with:
      | installed | false |
    When mac-1 runs:
      """
      osascript -e 'tell application "System Events" to get name of menu items of menu "Help" of menu bar 1 of process "Microsoft Defender"'
      """
    Then the command on mac-1 exits with 1
    And the command on mac-1 does not print "Send feedback"
