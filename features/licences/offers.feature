@licences
Feature: What a customer can buy
  An offer includes products; the client on a Mac may be used by whoever has one of the products that license it. This is the
  list alone: that devices and the portal follow it is in the feature about tenants.

  @basis-seed @R002-01
  Scenario Outline: the Mac client belongs to <product>
    Then the Mac client belongs to the product "<product>"

    Examples:
      | product                                |
      | Microsoft Defender XDR                 |
      | Microsoft Defender for Endpoint Plan 1 |
      | Microsoft Defender for Endpoint Plan 2 |
      | Microsoft Defender for Business        |
      | Microsoft Defender for Individuals     |

  @basis-seed
  Scenario Outline: <offer> licenses the Mac client
    Then "<offer>" from Volume Licensing licenses the Mac client

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

  @basis-seed
  Scenario Outline: <offer> does not license the Mac client
    Then "<offer>" from Volume Licensing does not license the Mac client

    Examples:
      | offer                                |
      | Office 365 E3                        |
      | Microsoft Defender for Servers Plan 2 |

  @basis-seed
  Scenario Outline: <offer> includes <product>
    Then the offer "<offer>" includes "<product>"

    Examples:
      | offer                     | product                                |
      | Microsoft 365 E5          | Microsoft Defender for Endpoint Plan 2 |
      | Microsoft 365 E5 Security | Microsoft Defender for Endpoint Plan 2 |
      | Microsoft 365 E3          | Microsoft Defender for Endpoint Plan 1 |

  @basis-seed
  Scenario: a Cloud Solution Provider's customer needs none of the offers
    Then "Office 365 E3" from Volume Licensing does not license the Mac client
    And "Office 365 E3" from a Cloud Solution Provider licenses the Mac client

  @basis-seed
  Scenario: the free trial gives Plan 2
    Then the free trial gives "Microsoft Defender for Endpoint Plan 2" and licenses the Mac client

  @basis-seed
  Scenario: the sixth device of a user is outside the licence
    Then of 5 devices of one user 5 are within the licence
    And of 6 devices of one user 5 are within the licence
