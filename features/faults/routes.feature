@faults @routes
Feature: Faults on the way to the proxy
  The firewall lets nothing out but by the proxy, and the client does not find it. What it passed over says why. What a device
  found out about a network holds until it joins that network anew.

  @basis-documented
  Scenario Outline: <fault> leaves a <platform> endpoint without its proxy, is named, and leaves no trace
    Given a <platform> endpoint dev-1 on the route of <fault>
    And the fault <fault>
    When dev-1 is onboarded
    And 1 minute passes
    Then the diagnosis of dev-1 names what <fault> causes
    And dev-1 belongs to no tenant within 1 minute
    When the fault <fault> is removed
    And the endpoints of the tenant join their network anew
    Then the API lists dev-1 as Active within 1 hour

    Examples:
      | fault                | platform |
      | pac-404              | macOS    |
      | pac-404              | Windows  |
      | pac-syntax-error     | macOS    |
      | pac-syntax-error     | Windows  |
      | pac-endless-loop     | macOS    |
      | pac-endless-loop     | Windows  |
      | wpad-no-record       | macOS    |
      | wpad-no-record       | Windows  |
      | wpad-user-not-system | Windows  |
