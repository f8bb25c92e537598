@windows @health
Feature: What the sensor of a Windows endpoint writes into the event log
  Tools read the channel Microsoft-Windows-SENSE/Operational, where each event has its number.

  @basis-documented
  Scenario Outline: event <id> says that <what>
    Given an onboarded Windows endpoint win-1
    When win-1 runs "wevtutil qe Microsoft-Windows-SENSE/Operational /f:text /q:*[System[(EventID=<id>)]]"
    Then the command on win-1 prints "<text>"

    Examples:
      | id | what                            | text                                                  |
      | 1  | the service started             | Microsoft Defender for Endpoint service started       |
      | 4  | the cloud was reached           | Microsoft Defender for Endpoint service contacted the server at |
      | 11 | onboarding was completed        | Onboarding or re-onboarding of Defender for Endpoint service completed. |

  @basis-documented
  Scenario: event 44 says that offboarding was completed
    Given an onboarded Windows endpoint win-1
    When win-1 is offboarded
    Then win-1 belongs to no tenant within 5 minutes
    And the Defender log on win-1 says "Offboarding of Defender for Endpoint service completed." within 5 minutes

  @basis-documented
  Scenario: event 7 says that the onboarding package cannot be read
    Given a Windows endpoint win-1
    When win-1 gets a truncated onboarding file
    Then the Defender log on win-1 says "failed to read the onboarding parameters" within 5 minutes

  @basis-documented
  Scenario: event 29 says that the offboarding package cannot be read
    Given an onboarded Windows endpoint win-1
    When win-1 gets a tampered offboarding file
    Then the Defender log on win-1 says "Failed to read the offboarding parameters." within 5 minutes

  @basis-documented @interception @R004-62
  Scenario: event 5 says that interception keeps the cloud from being reached
    Given a Windows endpoint win-1 behind an inspecting proxy whose CA it trusts
    When win-1 is onboarded
    Then the Defender log on win-1 says "failed to connect to the server at" within 10 minutes
