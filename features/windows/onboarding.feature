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

  @basis-documented @R004-06
  Scenario Outline: Windows <edition> meets the requirements and can be onboarded
    Given a Windows endpoint win-1 with:
      | edition | <edition> |
    When win-1 is onboarded
    Then the API lists win-1 as Active within 10 minutes

    Examples:
      | edition        |
      | Server 2012 R2 |
      | Server 2016    |
      | Server 2019    |
      | Server 2022    |

  @basis-documented @R004-06
  Scenario: Windows Server 2008 R2 does not meet the requirements
    Given an onboarded Windows endpoint win-1
    And a Windows endpoint win-2 with:
      | edition | Server 2008 R2 |
    When win-2 is onboarded
    Then for 1 hour the API does not list win-2

  @basis-observed @packages
  Scenario: the script ends with 10 when the package cannot be written
    Given a Windows endpoint win-1
    And the registry key "HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection" of win-1 is locked
    When the portal's onboarding script runs on win-1
    Then the command on win-1 exits with 10
    And the command on win-1 prints "[Error Id: 10"

  @basis-observed @packages
  Scenario: the script ends with 5 when an old offboarding package cannot be removed
    Given a Windows endpoint win-1
    And a left-over offboarding file on win-1
    And the registry key "HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection" of win-1 is locked
    When the portal's onboarding script runs on win-1
    Then the command on win-1 exits with 5
    And the command on win-1 prints "[Error Id: 5"

  @basis-observed @packages
  Scenario: the script waits for the service and ends with 15 where the sensor is missing
    Given a Windows endpoint win-1 with:
      | installed | false |
    When the portal's onboarding script runs on win-1
    Then the command on win-1 exits with 15
    And the command on win-1 prints "[Error Id: 15"

  @basis-observed @packages
  Scenario: the script waits for the status and ends with 35 when it never appears
    Given a Windows endpoint win-1
    And the registry key "HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status" of win-1 is locked
    When the portal's onboarding script runs on win-1
    Then the command on win-1 exits with 35
    And the command on win-1 prints "[Error Id: 35"

  @basis-observed @packages
  Scenario: the local script onboards whoever answers with Y
    Given a Windows endpoint win-1
    When the portal's local onboarding script runs on win-1, answered with "Y"
    Then the command on win-1 exits with 0
    And win-1 belongs to its tenant within 5 minutes

  @basis-observed @packages
  Scenario: the local script leaves the endpoint alone when the answer is N
    Given an onboarded Windows endpoint win-1
    And a Windows endpoint win-2
    When the portal's local onboarding script runs on win-2, answered with "N"
    Then the command on win-2 exits with 0
    And for 1 hour win-2 is not licensed

  @basis-documented @packages
  Scenario: Intune delivers the onboarding package of its download
    Given a Windows endpoint win-1
    When the management product of win-1 delivers "WindowsDefenderATP.onboarding" of the onboarding download by "intune"
    Then win-1 belongs to its tenant within 5 minutes
