@docker @inside @RC-04
Feature: Inside a macOS endpoint
  A container cannot be a Mac; its files, programs and services answer as a Mac's do.

  @basis-lab-defined
  Scenario: a shell on a Mac sees the client that the lab sees
    Given an onboarded macOS endpoint mac-1
    When a shell on mac-1 runs "mdatp health --field licensed"
    Then the command on mac-1 prints "true"
    And the system of mac-1 runs the process "wdavdaemon_ente"
    And the disk of mac-1 holds a file "/Library/Logs/Microsoft/mdatp/microsoft_defender_core.log"

  @basis-lab-defined
  Scenario: a shell finds the system that the spec asks for
    Given a macOS endpoint mac-1
    When a shell on mac-1 runs "sw_vers"
    Then the command on mac-1 prints "macOS"
