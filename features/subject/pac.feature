@subject-pac @basis-documented
Feature: The PAC file under test
  A device asks the organisation's PAC file for its way to each of the documented URLs. Where the file says nothing that a client
  can use, clients go direct without a word; where it forgets one host among many, only that channel fails.

  Scenario: every platform can read the PAC file under test
    Then the PAC file under test can be read

  Scenario: the PAC file under test has an answer for every documented URL
    Then the PAC file under test has a usable answer for every documented Defender URL

  Scenario: the PAC file under test forgets none of the documented URLs
    Then the PAC file under test sends every documented Defender URL the same way

  Scenario: a Mac connects by the PAC file under test
    Given the network of the PAC file under test
    And a macOS endpoint mac-1 that uses the PAC file of the tenant
    When mac-1 is onboarded
    Then the API lists mac-1 as Active within 30 minutes
    And every event of mac-1 is stored within 10 minutes

  Scenario: a Windows endpoint finds the PAC file under test and connects
    Given the network of the PAC file under test
    And the WPAD name of the tenant leads to its PAC file
    And a Windows endpoint win-1 that looks for a PAC file
    When win-1 is onboarded
    Then the API lists win-1 as Active within 30 minutes
    And every event of win-1 is stored within 10 minutes
