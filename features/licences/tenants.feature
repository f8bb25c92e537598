@licences
Feature: What a tenant may do by what it has bought
  The portal hands out packages to who has a subscription, and to users whom it lets in; which devices that covers, the
  cloud decides when they come. A device that is there goes on working, and the portal shows what is out of order.

  @basis-seed @R002-07 @R000-02 @R002-02
  Scenario: a Mac can be onboarded once its tenant has signed up for the free trial
    Given the tenant has bought nothing
    And a macOS endpoint mac-1
    Then the portal refuses the onboarding download for macOS, because "no Defender for Endpoint subscription"
    When the tenant signs up for the free trial
    And mac-1 is onboarded
    Then mac-1 belongs to its tenant within 10 minutes
    And the portal shows mac-1 as "licensed"

  @basis-assumed @R000-02
  Scenario: after 90 days the free trial gives nothing any more
    Given the tenant has bought nothing
    When the tenant signs up for the free trial
    And 89 days pass
    Then the portal hands out the onboarding download for macOS
    When 1 day passes
    Then the portal refuses the onboarding download for macOS, because "free trial ended"

  @basis-seed @R002-22
  Scenario Outline: a Mac of a tenant with <offer> is licensed
    Given the tenant has bought "<offer>" from Volume Licensing
    And an onboarded macOS endpoint mac-1
    Then the portal shows mac-1 as "licensed"

    Examples:
      | offer                              |
      | Microsoft 365 E5                   |
      | Microsoft 365 E5 Security          |
      | Microsoft 365 A5                   |
      | Windows 10 Enterprise E5           |
      | Microsoft 365 Business Premium     |
      | Windows 11 Enterprise E5           |
      | Microsoft Defender for Endpoint P2 |
      | Microsoft Defender for Endpoint P1 |

  @basis-seed @R002-23
  Scenario: a Mac stays without a licence where only servers are licensed
    Given the tenant has bought "Microsoft Defender for Servers Plan 2" from Volume Licensing
    And an onboarded Linux endpoint lin-1
    And a macOS endpoint mac-1
    When mac-1 is onboarded
    Then for 1 hour mac-1 is not licensed
    And the Defender log on mac-1 says "nothing that the organisation has bought covers macOS" within 1 minute

  @basis-seed @R002-23
  Scenario: an offer without Defender gets no package
    Given the tenant has bought "Office 365 E3" from Volume Licensing
    Then the portal refuses the onboarding download for macOS, because "no Defender for Endpoint subscription"

  @basis-seed @R002-27
  Scenario: a Mac of a Cloud Solution Provider's customer is licensed without any of the offers
    Given the tenant has bought "Office 365 E3" from a Cloud Solution Provider
    And an onboarded macOS endpoint mac-1
    Then the portal shows mac-1 as "licensed"

  @basis-documented
  Scenario: a Linux server is not covered by an offer for clients
    Given the tenant has bought "Microsoft 365 E5" from Volume Licensing
    And an onboarded macOS endpoint mac-1
    And a Linux endpoint lin-1
    When lin-1 is onboarded
    Then for 1 hour lin-1 is not licensed

  @basis-seed @R002-24
  Scenario Outline: <offer> includes Plan 2, whose EDR raises the test alert of a Mac
    Given the tenant has bought "<offer>" from Volume Licensing
    And an onboarded macOS endpoint mac-1
    When mac-1 runs the detection test of its platform
    Then the alert of its platform's detection test is raised for mac-1 within 10 minutes

    Examples:
      | offer                     |
      | Microsoft 365 E5          |
      | Microsoft 365 E5 Security |

  @basis-documented @R002-25
  Scenario: Microsoft 365 E3 includes Plan 1, which has the antivirus and no EDR
    Given the tenant has bought "Microsoft 365 E3" from Volume Licensing
    And an onboarded macOS endpoint mac-1
    And an onboarded macOS endpoint mac-2
    When mac-2 runs "curl -sS -o /tmp/eicar.com.txt https://secure.eicar.org/eicar.com.txt"
    And mac-1 runs the detection test of its platform
    Then an alert with "EICAR" in its title is raised for mac-2 within 10 minutes
    And for 1 hour no alert is raised for mac-1

  @basis-seed @R002-26
  Scenario: the sixth device that a user uses at a time is outside the licence
    Given 6 onboarded macOS endpoints mac of the user kim.novak
    Then the portal shows mac-5 as "licensed"
    And the portal shows mac-6 as "beyond the licence"
    When mac-2 is offboarded
    Then mac-2 belongs to no tenant within 5 minutes
    And the portal shows mac-6 as "licensed"

  @basis-documented
  Scenario: a Mac whose user has no licence is out of order
    Given the user kim.novak has no licence
    And 1 onboarded macOS endpoints mac of the user kim.novak
    And an onboarded macOS endpoint mac-2
    Then the portal shows mac-1 as "no licensed user"
    And the portal shows mac-2 as "licensed"

  @basis-documented @R002-08
  Scenario: without access to the portal nobody gets a package for a Mac
    Given the user kim.novak has the portal role "Security Reader"
    Then the portal refuses the onboarding download for macOS to the user jo.berg, because "cannot open the Defender portal"
    And the portal refuses the onboarding download for macOS to the user kim.novak, because "may read"
    When the user jo.berg is given the portal role "Security Administrator"
    Then the portal hands out the onboarding download for macOS to the user jo.berg
