@windows @health
Feature: What the programs of a Windows endpoint say
  The commands of the documents work as they are written there; anything else is refused by name.

  @basis-seed @alerts @R004-65 @R004-67 @R004-68 @R004-69 @R004-70 @R004-72
  Scenario: the documented PowerShell command raises its alert and closes by itself
    Given an onboarded Windows endpoint win-1
    When win-1 runs:
      """
      cmd /c mkdir C:\test-MDATP-test
      powershell.exe -NoExit -ExecutionPolicy Bypass -WindowStyle Hidden (New-Object System.Net.WebClient).DownloadFile('http://127.0.0.1/1.exe', 'C:\\test-MDATP-test\\invoice.exe'); Start-Process 'C:\\test-MDATP-test\\invoice.exe'
      """
    Then the command on win-1 exits with 0
    And the alert "Suspicious PowerShell CommandLine" with severity Informational is raised for win-1 within 10 minutes

  @basis-documented
  Scenario: the antivirus of a plain device is on
    Given an onboarded Windows endpoint win-1
    When win-1 runs "powershell -Command Get-MpComputerStatus"
    Then the command on win-1 prints "RealTimeProtectionEnabled"
    And the command on win-1 prints "AMRunningMode"

  @basis-documented
  Scenario: network protection can be turned on by PowerShell
    Given an onboarded Windows endpoint win-1
    When win-1 runs:
      """
      powershell -Command Set-MpPreference -EnableNetworkProtection Enabled
      powershell -Command Get-MpPreference
      """
    Then the command on win-1 prints "EnableNetworkProtection"

  @basis-documented
  Scenario: the client's capability is installed
    Given a Windows endpoint win-1
    When win-1 runs "dism /Online /Get-CapabilityInfo /CapabilityName:Microsoft.Windows.Sense.Client~~~~"
    Then the command on win-1 prints "State : Installed"

  @basis-documented @connectivity
  Scenario: a system proxy that netsh shows is the one through which the endpoint is onboarded
    Given a Windows endpoint win-1 behind a tunnel proxy
    When win-1 runs "netsh winhttp show proxy"
    Then the command on win-1 prints "Proxy Server(s) :"
    When win-1 is onboarded
    Then the API lists win-1 as Active within 10 minutes

  @basis-seed @connectivity @R004-62
  Scenario: the sensor of a Windows endpoint works once the proxy permits anonymous traffic
    Given an onboarded Linux endpoint lin-1
    And a Windows endpoint win-1 behind an authenticated proxy
    When win-1 is onboarded
    Then for 1 hour the API does not list win-1
    When the authenticated proxy lets anonymous traffic through
    Then the API lists win-1 as Active within 1 hour

  @basis-documented @alerts
  Scenario: the antivirus test file raises an alert on a Windows endpoint
    Given an onboarded Windows endpoint win-1
    When win-1 runs "curl.exe -sS -o C:\Users\Public\eicar.com.txt https://secure.eicar.org/eicar.com.txt"
    Then an alert with "EICAR" in its title is raised for win-1 within 10 minutes

  @basis-lab-defined @R004-66
  Scenario: a Windows endpoint allows Remote Desktop
    Given a Windows endpoint win-1
    When win-1 runs:
      """
      reg query "HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server" /v fDenyTSConnections
      """
    Then the command on win-1 prints "0x0"
