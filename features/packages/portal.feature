@packages
Feature: What the portal hands out
  Lab time begins on 5 January 2026.

  @basis-documented
  Scenario: the onboarding download has the same name for every platform
    Then the portal's onboarding download is "WindowsDefenderATPOnboardingPackage.zip" and holds "MicrosoftDefenderATPOnboardingLinuxServer.py"

  @basis-documented
  Scenario: the offboarding download tells the date until which it is valid
    Then the portal's offboarding download is "WindowsDefenderATPOffboardingPackage_valid_until_2026-01-12.zip" and holds "MicrosoftDefenderATPOffboardingLinuxServer_valid_until_2026-01-12.py"

  @basis-documented
  Scenario Outline: the download for <platform> by <method> is named as documented
    Then the portal's <kind> download for <platform> by "<method>" is "<zip>" and holds "<member>"

    Examples:
      | platform | method                | kind        | zip                                                              | member                                                             |
      | Linux    | ansible               | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | mdatp_onboard.json                                                 |
      | Linux    | deployment-tool       | onboarding  | LinuxDefenderDeploymentTool.zip                                  | defender_deployment_tool.sh                                        |
      | macOS    | script                | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | MicrosoftDefenderATPOnboardingMacOs.sh                             |
      | macOS    | intune                | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | intune/WindowsDefenderATPOnboarding.xml                            |
      | macOS    | jamf                  | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | jamf/WindowsDefenderATPOnboarding.plist                            |
      | Windows  | script                | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | WindowsDefenderATPLocalOnboardingScript.cmd                        |
      | Windows  | group-policy          | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | OptionalParamsPolicy/AtpConfiguration.admx                         |
      | Windows  | configuration-manager | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | WindowsDefenderATPOnboardingScript.cmd                             |
      | Windows  | mdm                   | onboarding  | WindowsDefenderATPOnboardingPackage.zip                          | WindowsDefenderATP.onboarding                                      |
      | Windows  | group-policy          | offboarding | WindowsDefenderATPOffboardingPackage_valid_until_2026-01-12.zip  | WindowsDefenderATPOffboardingScript_valid_until_2026-01-12.cmd     |
      | Windows  | mdm                   | offboarding | WindowsDefenderATPOffboardingPackage_valid_until_2026-01-12.zip  | WindowsDefenderATP_valid_until_2026-01-12.offboarding              |
