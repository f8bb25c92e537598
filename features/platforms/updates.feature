@platforms
Feature: Updates of the client
  Each platform has a way of its own by which a newer client comes to a device: the update service with a knowledge base
  article, the package repository, Microsoft AutoUpdate. The device shows the new version, and tells the cloud.

  @basis-documented @windows @R004-53
  Scenario: the update of KB5005292 brings a newer client to Windows
    Given an onboarded Windows endpoint win-1
    Then the API shows the client version "10.8760.26100.1" of win-1 within 5 minutes
    When win-1 runs "usoclient ScanInstallWait"
    Then the command on win-1 prints "KB5005292"
    And the API shows the client version "10.8797.26100.1" of win-1 within 30 minutes
    When win-1 runs:
      """
      reg query "HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection" /v InstallLocation
      """
    Then the command on win-1 prints "\Platform\10.8797.26100.1\"

  @basis-documented @windows @R004-53
  Scenario: Windows has nothing to install after the update
    Given an onboarded Windows endpoint win-1
    When win-1 runs:
      """
      usoclient ScanInstallWait
      usoclient ScanInstallWait
      """
    Then the command on win-1 prints "There are no updates available."

  @basis-documented @R004-54
  Scenario: apt brings a newer client to Linux
    Given an onboarded Linux endpoint lin-1
    Then the API shows the client version "101.25062.0003" of lin-1 within 5 minutes
    When lin-1 runs:
      """
      curl -sS -o /etc/apt/sources.list.d/microsoft-prod.list https://packages.microsoft.com/config/ubuntu/22.04/prod.list
      sudo apt-get update
      sudo apt-get install --only-upgrade mdatp
      mdatp version
      """
    Then the command on lin-1 prints "101.25072.0002"
    And mdatp health on lin-1 shows:
      | app_version | 101.25072.0002 |
    And the API shows the client version "101.25072.0002" of lin-1 within 30 minutes

  @basis-documented @R004-54
  Scenario: yum brings a newer client to Linux
    Given a Linux endpoint lin-1 with:
      | distribution | rhel |
      | release      | 9.0  |
    When lin-1 is onboarded
    Then the API shows the client version "101.25062.0003" of lin-1 within 30 minutes
    When lin-1 runs:
      """
      curl -sS -o /etc/yum.repos.d/microsoft-prod.repo https://packages.microsoft.com/config/rhel/9/prod.repo
      sudo yum -y update mdatp
      rpm -q mdatp
      """
    Then the command on lin-1 prints "mdatp-101.25072.0002-1"
    And the API shows the client version "101.25072.0002" of lin-1 within 30 minutes

  @basis-documented
  Scenario: without the repository's list apt keeps the client that is there
    Given an onboarded Linux endpoint lin-1
    When lin-1 runs "sudo apt-get install --only-upgrade mdatp"
    Then the command on lin-1 prints "mdatp is already the newest version (101.25062.0003)."

  @basis-documented @macos
  Scenario: Microsoft AutoUpdate brings a newer client to a Mac
    Given an onboarded macOS endpoint mac-1
    When mac-1 runs:
      """
      sudo defaults write /Library/Preferences/com.microsoft.autoupdate2 ChannelName Beta
      sudo msupdate --install --apps wdav00
      mdatp version
      """
    Then the command on mac-1 prints "101.25082.0001"
    And the API shows the client version "101.25082.0001" of mac-1 within 30 minutes
