@alerts
Feature: Test alerts of a Linux endpoint
  Detections run over the telemetry that arrived, so an alert proves the whole way from the endpoint to the portal.

  @basis-seed @R004-73 @R004-75 @R004-76 @R004-77 @R004-79 @RC-11
  Scenario: the Linux test tool raises its alert with low severity
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs:
      """
      curl -sSL -o MDE-Linux-EDR-DIY.zip https://aka.ms/LinuxDIY
      unzip MDE-Linux-EDR-DIY.zip
      chmod +x mde_linux_edr_diy.sh
      ./mde_linux_edr_diy.sh
      """
    Then the alert "Enumeration of files with sensitive data" with severity Low is raised for lin-1 within 10 minutes

  @basis-seed @R004-74
  Scenario: the Linux test is run by the name that the documents give it
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs:
      """
      curl -sSL -o MDE-Linux-EDR-DIY.zip https://aka.ms/LinuxDIY
      unzip MDE-Linux-EDR-DIY.zip
      chmod +x mde_linux_edr_diy
      ./mde_linux_edr_diy
      """
    Then the alert "Enumeration of files with sensitive data" with severity Low is raised for lin-1 within 10 minutes

  @basis-lab-defined @RC-11
  Scenario: ordinary commands raise no alert
    Given an onboarded Linux endpoint lin-1
    And an onboarded Linux endpoint lin-2
    When lin-1 runs "curl -sS -o /tmp/eicar.com.txt https://secure.eicar.org/eicar.com.txt"
    And lin-2 runs "uname -a"
    Then for 1 hour no alert is raised for lin-2

  @basis-documented
  Scenario: the antivirus test file is quarantined and listed
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "curl -sS -o /tmp/eicar.com.txt https://secure.eicar.org/eicar.com.txt"
    And lin-1 runs "mdatp threat list"
    Then the command on lin-1 prints "Virus:DOS/EICAR_Test_File"
    And the command on lin-1 prints "quarantined"
    And there is no file "/tmp/eicar.com.txt" on lin-1

  @basis-documented
  Scenario: the antivirus test file raises an alert
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "curl -sS -o /tmp/eicar.com.txt https://secure.eicar.org/eicar.com.txt"
    Then an alert with "EICAR" in its title is raised for lin-1 within 10 minutes

  @basis-documented
  Scenario: in passive mode the antivirus test file is left where it is
    Given an onboarded Linux endpoint lin-1 in passive mode
    When lin-1 runs "curl -sS -o /tmp/eicar.com.txt https://secure.eicar.org/eicar.com.txt"
    Then there is a file "/tmp/eicar.com.txt" on lin-1
