@faults
Feature: Faults that a diagnosis names
  Whatever is put wrong is named by its evidence, and once it is gone the endpoint recovers without a restart.

  @basis-observed
  Scenario Outline: <fault> keeps a <platform> endpoint out, is named, and leaves no trace
    Given a <platform> endpoint dev-1 on the route of <fault>
    And the fault <fault>
    When dev-1 is onboarded
    And 3 minutes pass
    Then the diagnosis of dev-1 names what <fault> causes
    And dev-1 belongs to no tenant within 1 minute
    When the fault <fault> is removed
    Then the API lists dev-1 as Active within 1 hour

    Examples: names
      | fault        | platform |
      | dns-nxdomain | Linux    |
      | dns-nxdomain | macOS    |
      | dns-nxdomain | Windows  |
      | dns-servfail | Linux    |
      | dns-servfail | macOS    |
      | dns-servfail | Windows  |
      | dns-refused  | Linux    |
      | dns-refused  | macOS    |
      | dns-refused  | Windows  |
      | dns-nodata   | Linux    |
      | dns-nodata   | macOS    |
      | dns-nodata   | Windows  |

    Examples: firewalls
      | fault                | platform |
      | tcp-refused          | Linux    |
      | tcp-refused          | macOS    |
      | tcp-refused          | Windows  |
      | tcp-blackhole-syn    | Linux    |
      | tcp-blackhole-syn    | macOS    |
      | tcp-blackhole-syn    | Windows  |
      | tls-sni-blocked-drop | Linux    |
      | tls-sni-blocked-drop | macOS    |
      | tls-sni-blocked-drop | Windows  |
      | tls-sni-blocked-rst  | Linux    |
      | tls-sni-blocked-rst  | macOS    |
      | tls-sni-blocked-rst  | Windows  |

    Examples: proxies
      | fault                 | platform |
      | proxy-407-basic       | Linux    |
      | proxy-407-basic       | macOS    |
      | proxy-407-basic       | Windows  |
      | proxy-407-negotiate   | Linux    |
      | proxy-407-negotiate   | macOS    |
      | proxy-407-negotiate   | Windows  |
      | proxy-407-ntlm        | Linux    |
      | proxy-407-ntlm        | macOS    |
      | proxy-407-ntlm        | Windows  |
      | proxy-407-digest      | Linux    |
      | proxy-407-digest      | macOS    |
      | proxy-407-digest      | Windows  |
      | proxy-403-category    | Linux    |
      | proxy-403-category    | macOS    |
      | proxy-403-category    | Windows  |
      | proxy-connect-hang    | Linux    |
      | proxy-connect-hang    | macOS    |
      | proxy-connect-hang    | Windows  |
      | proxy-connect-aborted | Linux    |
      | proxy-connect-aborted | macOS    |
      | proxy-connect-aborted | Windows  |

    Examples: inspection
      | fault                   | platform |
      | tls-intercepted         | Linux    |
      | tls-intercepted         | macOS    |
      | tls-intercepted         | Windows  |
      | tls-intercepted-partial | Linux    |
      | tls-intercepted-partial | macOS    |
      | tls-intercepted-partial | Windows  |

    Examples: certificates and clocks
      | fault                 | platform |
      | tls-expired           | Linux    |
      | tls-expired           | macOS    |
      | tls-expired           | Windows  |
      | tls-not-yet-valid     | Linux    |
      | tls-not-yet-valid     | macOS    |
      | tls-not-yet-valid     | Windows  |
      | tls-wrong-host        | Linux    |
      | tls-wrong-host        | macOS    |
      | tls-wrong-host        | Windows  |
      | tls-self-signed       | Linux    |
      | tls-self-signed       | macOS    |
      | tls-self-signed       | Windows  |
      | tls-clock-skew-client | Linux    |
      | tls-clock-skew-client | macOS    |
      | tls-clock-skew-client | Windows  |

    Examples: the cloud
      | fault                     | platform |
      | cloud-503-outage          | Linux    |
      | cloud-503-outage          | macOS    |
      | cloud-503-outage          | Windows  |
      | cloud-429-retry-after-sec | Linux    |
      | cloud-429-retry-after-sec | macOS    |
      | cloud-429-retry-after-sec | Windows  |
