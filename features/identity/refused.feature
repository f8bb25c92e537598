@identity
Feature: Sign-ins that Entra refuses
  An error names its AADSTS code, a trace and a correlation id, and the time, so that it can be looked up.

  @basis-assumed
  Scenario Outline: a sign-in with <mistake> is refused with AADSTS<code>
    Given an application reader with "Machine.Read.All"
    Then Entra gives reader a token
    And Entra refuses reader a token for <mistake> with AADSTS<code>

    Examples: Who asks
      | mistake                | code    |
      | a wrong secret         | 7000215 |
      | no secret              | 7000218 |
      | an unknown application | 700016  |
      | no application         | 900144  |
      | another tenant         | 700016  |
      | an unknown tenant      | 90002   |
      | no tenant              | 50194   |

    Examples: What is asked for
      | mistake                   | code    |
      | a password grant          | 70003   |
      | no grant                  | 900144  |
      | a scope without /.default | 1002012 |
      | two resources             | 700022  |
      | an unknown resource       | 500011  |
      | no scope                  | 900144  |

  @basis-assumed
  Scenario: a secret expires, and the application signs in with a new one
    Given an application reader whose secret lives for 30 days
    Then Entra gives reader a token
    When 30 days pass
    Then Entra refuses reader a token with AADSTS7000222
    When an administrator adds a secret to reader
    Then Entra gives reader a token

  @basis-assumed
  Scenario: an application that was disabled gets no token
    Given an application reader with "Machine.Read.All"
    Then Entra gives reader a token
    When an administrator disables reader
    Then Entra refuses reader a token with AADSTS7000112

  @basis-assumed
  Scenario: an application that was deleted gets no token
    Given an application reader with "Machine.Read.All"
    Then Entra gives reader a token
    When an administrator deletes reader
    Then Entra refuses reader a token with AADSTS700016
