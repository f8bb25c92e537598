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
