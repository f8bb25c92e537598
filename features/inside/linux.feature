@docker @inside @RC-05
Feature: Inside a Linux endpoint
  An endpoint in a container is a system of its own: what anybody starts in it reaches the sensor, and what the sensor does is on its disk.

  @basis-lab-defined
  Scenario: a shell sees the client that the lab sees
    Given an onboarded Linux endpoint lin-1
    When a shell on lin-1 runs "mdatp health --field licensed"
    Then the command on lin-1 prints "true"
    And the system of lin-1 has the package "mdatp"
    And the system of lin-1 runs the service "mdatp"
    And the disk of lin-1 holds a file "/var/log/microsoft/mdatp/microsoft_defender_core.log"

  @basis-lab-defined
  Scenario: a service that a shell stops protects nobody
    Given an onboarded Linux endpoint lin-1
    When a shell on lin-1 runs "systemctl stop mdatp"
    Then the system of lin-1 does not run the service "mdatp"
    And the system of lin-1 does not run the process "wdavdaemon"

  @basis-observed
  Scenario: the client's processes are seen as the real client's are
    Given an onboarded Linux endpoint lin-1
    Then the system of lin-1 runs the process "wdavdaemon"
    And the list of processes of lin-1 shows "/opt/microsoft/mdatp/sbin/wdavdaemon unprivileged"
    And the list of processes of lin-1 shows "/opt/microsoft/mdatp/sbin/wdavdaemon edr"
    And nothing on lin-1 listens for the network

  @basis-lab-defined
  Scenario: a client that a shell kills is started again by the system
    Given an onboarded Linux endpoint lin-1
    When a shell on lin-1 runs "pkill -9 -x wdavdaemon"
    Then the command on lin-1 exits with 0
    And the system of lin-1 runs the process "wdavdaemon"
    And the system of lin-1 runs the service "mdatp"

  @basis-documented @R002-38 @RC-08
  Scenario: curl of the system gets through inspection in the second in which the agent refuses
    Given a Linux endpoint lin-1 behind an inspecting proxy
    When a shell on lin-1 runs "bash -c 'set -a; . /etc/environment; curl -sS https://x.cp.wd.microsoft.com/api/report'"
    Then the command on lin-1 exits with 60
    When a shell on lin-1 adds the inspecting proxy's CA to the store of the system
    And lin-1 is onboarded
    And a shell on lin-1 runs "bash -c 'set -a; . /etc/environment; curl -sS https://x.cp.wd.microsoft.com/api/report'"
    Then lin-1 refuses because of interception within 10 minutes
    When a shell on lin-1 runs "bash -c 'set -a; . /etc/environment; curl -sS https://x.cp.wd.microsoft.com/api/report'"
    Then the command on lin-1 prints "OK"
    And in one second the inspecting proxy reads a request from lin-1 and the agent there refuses it

  @basis-lab-defined
  Scenario: the store that the system's own tool makes is the store of the device
    Given a Linux endpoint lin-1
    When a shell on lin-1 runs "update-ca-certificates"
    And a shell on lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 prints "OK"

  @basis-lab-defined @RC-07
  Scenario: the cloud that an endpoint reports to is in the lab's container
    Given an onboarded Linux endpoint lin-1
    Then a shell on lin-1 reaches "x.cp.wd.microsoft.com" in the container of the lab
    And the API lists lin-1 as Active within 1 hour

  @basis-lab-defined
  Scenario: nothing but the lab can be reached from an endpoint
    Given a Linux endpoint lin-1
    Then a shell on lin-1 reaches no host of the internet

  @basis-lab-defined
  Scenario: what is not simulated fails loudly in a shell too
    Given a Linux endpoint lin-1
    Then a shell on lin-1 is told that "mdatp dance" is not simulated

  @basis-observed
  Scenario: apt of the system brings the client from the package host, whose key it was given
    Given a Linux endpoint lin-1 with:
      | distribution | debian |
      | release      | 12     |
      | installed    | false  |
    When a shell on lin-1 runs:
      """
      curl -sS -o /etc/apt/sources.list.d/microsoft-prod.list https://packages.microsoft.com/config/debian/12/prod.list
      curl -sS https://packages.microsoft.com/keys/microsoft.asc | sudo gpg --dearmor -o /usr/share/keyrings/microsoft-prod.gpg
      sudo apt-get update
      sudo apt-get install -y -t bookworm mdatp
      """
    Then the system of lin-1 has the package "mdatp"
    And the system of lin-1 runs the service "mdatp"
    And mdatp health on lin-1 shows:
      | app_version | 101.25072.0002 |
      | licensed    | false          |

  @basis-observed
  Scenario: apt of the system believes no package host without its key
    Given a Linux endpoint lin-1 with:
      | distribution | debian |
      | release      | 12     |
      | installed    | false  |
    When a shell on lin-1 runs:
      """
      curl -sS -o /etc/apt/sources.list.d/microsoft-prod.list https://packages.microsoft.com/config/debian/12/prod.list
      apt-get update || true
      ! apt-get install -y mdatp 2>&1
      """
    Then the command on lin-1 prints "E: Unable to locate package mdatp"

  @basis-observed
  Scenario: a client that apt of the system removes is gone
    Given an onboarded Linux endpoint lin-1
    When a shell on lin-1 runs "sudo apt-get remove -y mdatp"
    Then the system of lin-1 does not run the service "mdatp"
    And a shell on lin-1 finds no program "mdatp"
