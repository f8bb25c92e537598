"""The administrative template that the Group Policy package brings along: one setting, whether samples are collected.

Source of the registry value: defender-docs configure-endpoints-gp.md. The lab's own text; the real template has more.
"""

from mdelab.cloud.portal.contents import Contents

_NAMESPACE = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"

_TEMPLATE = """<?xml version="1.0" encoding="utf-8"?>
<!-- mdelab: made by the test lab {lab} for its simulated endpoints only -->
<policyDefinitions revision="1.0" schemaVersion="1.0" xmlns="{namespace}">
  <policyNamespaces>
    <target prefix="mdelab" namespace="mdelab.AtpConfiguration" />
    <using prefix="windows" namespace="Microsoft.Policies.Windows" />
  </policyNamespaces>
  <resources minRequiredRevision="1.0" />
  <categories>
    <category name="Atp" displayName="$(string.Atp)"><parentCategory ref="windows:WindowsComponents" /></category>
  </categories>
  <policies>
    <policy name="AllowSampleCollection" class="Machine" displayName="$(string.AllowSampleCollection)"
        explainText="$(string.AllowSampleCollection_Help)" valueName="AllowSampleCollection"
        key="SOFTWARE\\Policies\\Microsoft\\Windows Advanced Threat Protection">
      <parentCategory ref="Atp" />
      <supportedOn ref="windows:SUPPORTED_Windows_10_0" />
      <enabledValue><decimal value="1" /></enabledValue>
      <disabledValue><decimal value="0" /></disabledValue>
    </policy>
  </policies>
</policyDefinitions>
"""

_WORDS = """<?xml version="1.0" encoding="utf-8"?>
<!-- mdelab: made by the test lab {lab} for its simulated endpoints only -->
<policyDefinitionResources revision="1.0" schemaVersion="1.0" xmlns="{namespace}">
  <displayName>AtpConfiguration</displayName>
  <description>Settings of Microsoft Defender for Endpoint in the test lab</description>
  <resources>
    <stringTable>
      <string id="Atp">Windows Defender ATP (mdelab)</string>
      <string id="AllowSampleCollection">Enables or disables sample collection</string>
      <string id="AllowSampleCollection_Help">Whether the portal may ask the device for a file. Allowed when not set.</string>
    </stringTable>
  </resources>
</policyDefinitionResources>
"""


def template(contents: Contents) -> str:
    """`AtpConfiguration.admx`."""
    return _TEMPLATE.format(lab=contents.lab_id, namespace=_NAMESPACE)


def words(contents: Contents) -> str:
    """`AtpConfiguration.adml`, in English."""
    return _WORDS.format(lab=contents.lab_id, namespace=_NAMESPACE)
