@docker @inside @RC-06
Feature: Inside a Windows endpoint
  A container of the lab cannot be Windows; its files, registry, services and programs answer as those of Windows do.

  @basis-lab-defined
  Scenario: a shell on Windows sees the service that the lab sees
    Given an onboarded Windows endpoint win-1
    When a shell on win-1 runs "sc query sense"
    Then the command on win-1 prints "RUNNING"
    And the system of win-1 runs the process "MsSense.exe"

  @basis-lab-defined
  Scenario: a shell reads the registry that the agent wrote
    Given an onboarded Windows endpoint win-1
    When a shell on win-1 runs "reg query 'HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status' /v OnboardingState"
    Then the command on win-1 prints "0x1"
