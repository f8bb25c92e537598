@identity
Feature: Tokens for the Defender API
  Automation signs in at Entra with an application of the tenant, and the API checks each token: who signed it, for whom it is,
  until when, and what it permits. Time is the tenant's.

  @basis-documented
  Scenario: a token carries the permissions that an administrator consented to
    Given an application reader with "Machine.Read.All, Alert.Read.All, SecurityAlert.Read.All"
    When reader signs in
    Then the token of reader says:
      | aud      | https://api.securitycenter.microsoft.com |
      | iss      | https://sts.windows.net/TENANT/          |
      | tid      | TENANT                                   |
      | roles    | Machine.Read.All Alert.Read.All          |
      | appidacr | 1                                        |
      | idtyp    | app                                      |
      | ver      | 1.0                                      |
    And the API accepts the token of reader

  @basis-documented
  Scenario: a token expires after an hour
    Given an application reader with "Machine.Read.All"
    When reader signs in
    And 59 minutes pass
    Then the API accepts the token of reader
    When 1 minute passes
    Then the API refuses the token of reader with 401 "Unauthorized"
    When reader signs in
    Then the API accepts the token of reader

  @basis-documented
  Scenario Outline: an application with <permissions> may not list machines
    Given an application other with "<permissions>"
    When other signs in
    Then the API refuses the token of other with 403 "Forbidden"

    Examples:
      | permissions       |
      | Alert.Read.All    |
      | Machine.Isolate   |
      | Ti.ReadWrite.All  |

  @basis-documented
  Scenario: an application without any permission gets a token that permits nothing
    Given an application other with ""
    When other signs in
    Then the token of other says:
      | roles | - |
    And the API refuses the token of other with 403 "Forbidden"

  @basis-documented
  Scenario: a new permission counts from the next token on
    Given an application reader with "Alert.Read.All"
    When reader signs in
    And an administrator consents to "Alert.Read.All, Machine.Read.All" for reader
    Then the API refuses the token of reader with 403 "Forbidden"
    When reader signs in
    Then the API accepts the token of reader

  @basis-documented
  Scenario Outline: the Defender API refuses a token for <api>
    Given an application reader with "Machine.Read.All, SecurityAlert.Read.All"
    When reader signs in for "<api>"
    Then the API refuses the token of reader with 401 "Unauthorized"

    Examples:
      | api                          |
      | https://graph.microsoft.com  |
      | https://management.azure.com |

  @basis-documented
  Scenario: an application of another tenant sees no device of this one
    Given an onboarded Linux endpoint lin-1
    Then an application of another tenant does not see lin-1

  @basis-assumed
  Scenario: tokens outlive a roll-over of the signing keys
    Given an application reader with "Machine.Read.All"
    When reader signs in
    And Entra rolls its signing keys over
    Then Entra publishes 2 signing keys
    And the API accepts the token of reader
    When 1 day passes
    Then Entra publishes 1 signing key

  @basis-assumed
  Scenario: a signing key that was withdrawn takes its tokens with it
    Given an application reader with "Machine.Read.All"
    When reader signs in
    And Entra withdraws its signing keys
    Then the API refuses the token of reader with 401 "Unauthorized"
    When reader signs in
    Then the API accepts the token of reader
