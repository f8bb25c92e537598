@windows @onboarding
Feature: Onboarding a Windows endpoint
  The package lies in the registry; the sensor's service runs while the endpoint is onboarded, and writes events.

  @basis-documented
  Scenario: the service of the sensor runs once the endpoint is onboarded
    Given a Windows endpoint win-1
    When win-1 runs "sc query sense"
    Then the command on win-1 prints "STOPPED"
    When win-1 is onboarded
    Then win-1 belongs to its tenant within 5 minutes
    When win-1 runs "sc query sense"
    Then the command on win-1 prints "RUNNING"

  @basis-documented
  Scenario: the service of the sensor stops when the endpoint is offboarded
    Given an onboarded Windows endpoint win-1
    When win-1 is offboarded
    Then win-1 belongs to no tenant within 5 minutes
    When win-1 runs "sc query sense"
    Then the command on win-1 prints "STOPPED"

  @basis-documented
  Scenario: nobody stops the antivirus
    Given an onboarded Windows endpoint win-1
    When win-1 runs "sc stop windefend"
    Then the command on win-1 exits with 5
    When win-1 runs "sc query windefend"
    Then the command on win-1 prints "RUNNING"

  @basis-observed @packages
  Scenario: the script for Group Policy reports success in the Application log
    Given a Windows endpoint win-1
    When the portal's onboarding script runs on win-1
    Then the command on win-1 exits with 0
    And the command on win-1 prints "Successfully onboarded machine to Microsoft Defender for Endpoint"
    When win-1 runs "wevtutil qe Application /f:text /q:*[System[(EventID=20)]]"
    Then the command on win-1 prints "Source: WDATPOnboarding"

  @basis-observed @packages
  Scenario: a second run of the script finds the service running
    Given a Windows endpoint win-1
    When the portal's onboarding script runs on win-1
    And the portal's onboarding script runs on win-1
    Then the command on win-1 exits with 0
    And the command on win-1 prints "is already running!"

  @basis-documented @packages
  Scenario: the script ends with 65 without administrative rights
    Given a Windows endpoint win-1
    When the user kim of win-1 runs the portal's onboarding script
    Then the command on win-1 exits with 65
    And the command on win-1 prints "Insufficient privileges."
    And win-1 belongs to no tenant within 1 minute

  @basis-observed @packages
  Scenario: the offboarding script stops the service
    Given an onboarded Windows endpoint win-1
    When the portal's offboarding script runs on win-1
    Then the command on win-1 exits with 0
    And the command on win-1 prints "Successfully offboarded machine"
    When win-1 runs "wevtutil qe Application /f:text /q:*[System[(EventID=20)]]"
    Then the command on win-1 prints "Source: WDATPOffboarding"

  @basis-observed @packages
  Scenario: the script gives up with 40 when the status never becomes 1
    Given a Windows endpoint win-1 behind an inspecting proxy whose CA it trusts
    When the portal's onboarding script runs on win-1
    Then the command on win-1 exits with 40
    And the command on win-1 prints "[Error Id: 40"

  @basis-documented @packages
  Scenario: MDM delivers the package that the portal offers
    Given a Windows endpoint win-1
    When win-1 is onboarded
    And win-1 runs:
      """
      reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection" /v OnboardingInfo
      """
    Then the command on win-1 prints "REG_SZ"
    And win-1 belongs to its tenant within 5 minutes

  @basis-seed @R001-03
  Scenario Outline: Windows 10 <edition> can be onboarded
    Given a Windows endpoint win-1 with:
      | edition | <edition> |
    When win-1 is onboarded
    Then the API lists win-1 as Active within 10 minutes

    Examples:
      | edition       |
      | Enterprise    |
      | Education     |
      | Pro           |
      | Pro Education |
