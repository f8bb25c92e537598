@subject-script
Feature: The onboarding script under test
  An organisation's own script brings the package onto a device. It finds the files of the portal's downloads in its folder, as if an
  administrator had unpacked them there.

  @basis-lab-defined
  Scenario: the onboarding script under test onboards a device
    Given an endpoint dev-1 of the platform of the onboarding script under test
    When dev-1 runs the onboarding script under test
    Then the API lists dev-1 as Active within 30 minutes
    And every event of dev-1 is stored within 10 minutes

  @basis-lab-defined
  Scenario: the onboarding script under test does no harm to a device that is onboarded
    Given an endpoint dev-1 of the platform of the onboarding script under test
    When dev-1 runs the onboarding script under test
    Then the API lists dev-1 as Active within 30 minutes
    When dev-1 runs the onboarding script under test
    Then for 1 hour dev-1 goes on belonging to its tenant
