@api
Feature: Lists of the Defender API
  Automation reads lists in pages, chooses with OData filters, and is told what is wrong with a request.

  @basis-documented
  Scenario: a long list comes in pages
    Given a Linux endpoint lin-1
    And a Linux endpoint lin-2
    And a Linux endpoint lin-3
    And a Linux endpoint lin-4
    And a Linux endpoint lin-5
    And the API puts 2 objects into a page
    When lin-1 is onboarded
    And lin-2 is onboarded
    And lin-3 is onboarded
    And lin-4 is onboarded
    And lin-5 is onboarded
    And 1 hour passes
    Then the API lists 5 machines in 3 pages

  @basis-documented
  Scenario Outline: the filter <filter> finds one of two machines
    Given an onboarded Linux endpoint lin-1
    And an onboarded Windows endpoint win-1
    Then the API finds lin-1 alone by "<filter>"

    Examples:
      | filter                                                   |
      | startswith(computerDnsName,'lin')                        |
      | not startswith(osPlatform,'Windows') and id ne 'x'        |
      | OsPlatform eq 'Ubuntu' or riskScore eq 'High'            |

  @basis-documented
  Scenario Outline: the request <request> is refused with <code>
    Given an onboarded Linux endpoint lin-1
    Then the API answers "<request>" with <status> "<code>"

    Examples: What cannot be read
      | request                                         | status | code                     |
      | GET /api/machines?$filter=nonsense eq 'x'       | 400    | ODataError               |
      | GET /api/machines?$filter=healthStatus eq       | 400    | ODataError               |
      | GET /api/machines?$top=10001                    | 400    | ODataError               |
      | GET /api/machines?$orderby=lastSeen             | 400    | ODataError               |
      | GET /api/machines?$expand=evidence              | 400    | ODataError               |
      | GET /api/machines/findbytag                     | 400    | MissingRequiredParameter |
      | POST /api/alerts/CreateAlertByReference         | 400    | MissingRequiredParameter |

    Examples: What is not there
      | request                                         | status | code             |
      | GET /api/machines/unknown                       | 404    | ResourceNotFound |
      | GET /api/alerts/da1_1                           | 404    | ResourceNotFound |
      | GET /api/machineactions/unknown                 | 404    | ResourceNotFound |
      | GET /api/nothing                                | 404    | NotFound         |

  @basis-documented
  Scenario Outline: the API answers under <url>
    Given an application reader with "Machine.Read.All"
    Then the API answers reader under "<url>"

    Examples:
      | url                                                     |
      | https://api.securitycenter.microsoft.com/api/machines   |
      | https://api.security.microsoft.com/api/machines         |
      | https://eu.api.security.microsoft.com/api/machines      |
      | https://api.securitycenter.microsoft.com/api/v1.0/machines |

  @basis-documented
  Scenario: an application that calls too often is asked to wait
    Given an application writer with "Alert.ReadWrite.All"
    Then after 15 calls of "POST /api/alerts/CreateAlertByReference" the API asks writer to wait for 60 seconds
    When 59 seconds pass
    Then after 0 calls of "POST /api/alerts/CreateAlertByReference" the API asks writer to wait for 1 second
    When 1 second passes
    Then the API answers a call of "POST /api/alerts/CreateAlertByReference" by writer

  @basis-documented
  Scenario: each application has a quota of its own
    Given an application writer with "Alert.ReadWrite.All"
    And an application other with "Alert.ReadWrite.All"
    Then after 10 calls of "POST /api/alerts/batchUpdate" the API asks writer to wait for 60 seconds
    And the API answers a call of "POST /api/alerts/batchUpdate" by other
