@packages
Feature: What the portal hands out
  Lab time begins on 5 January 2026.

  @basis-documented
  Scenario: the onboarding download has the same name for every platform
    Then the portal's onboarding download is "WindowsDefenderATPOnboardingPackage.zip" and holds "MicrosoftDefenderATPOnboardingLinuxServer.py"

  @basis-documented
  Scenario: the offboarding download tells the date until which it is valid
    Then the portal's offboarding download is "WindowsDefenderATPOffboardingPackage_valid_until_2026-01-12.zip" and holds "MicrosoftDefenderATPOffboardingLinuxServer_valid_until_2026-01-12.py"
