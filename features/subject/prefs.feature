@subject-prefs @basis-documented
Feature: The preferences under test
  The client passes over a key that it does not know, and a value of another type, without a word; so a slip of the pen shows
  only in what then does not happen.

  Scenario: the client knows every setting of the preferences under test
    Then the preferences under test hold documented settings only

  Scenario: the client applies the preferences under test
    Given an endpoint dev-1 of the platform of the preferences under test
    When dev-1 gets the preferences under test
    Then dev-1 shows the settings of the preferences under test as managed
