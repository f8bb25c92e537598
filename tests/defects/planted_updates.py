"""The planted defects of how a newer client comes onto a device. What a defect is, `planted` says."""

from planted import Defect

UPDATES = "features/platforms/updates.feature"
WINDOWS = "the update of KB5005292 brings a newer client to Windows"
APT = "apt brings a newer client to Linux"
YUM = "yum brings a newer client to Linux"
MAC = "Microsoft AutoUpdate brings a newer client to a Mac"
PACKAGE_HOST = "tests/cloud/test_cloud_package_host.py"

DEFECTS = (
    Defect(
        name="update-service-offers-nothing",
        wrong="The update service offers the client that every device has.",
        path="catalogue/windows.toml",
        good='version = "10.8797.26100.1"\n',
        bad='version = "10.8760.26100.1"\n',
        run=(UPDATES,),
        red=(WINDOWS,),
    ),
    Defect(
        name="repositories-hold-the-old-client",
        wrong="The package repository holds the client that every device has.",
        path="catalogue/repositories.toml",
        good='prod = "101.25072.0002"\n',
        bad='prod = "101.25062.0003"\n',
        run=(UPDATES,),
        red=(APT, YUM),
    ),
    Defect(
        name="updates-leave-the-old-client",
        wrong="An update says that it is installed, and the old client stays.",
        path="endpoint/programs/installation.py",
        good="    client_version.write(machine, version)\n",
        bad="",
        run=(UPDATES,),
        red=(WINDOWS, "Windows has nothing to install after the update", APT, YUM, MAC),
    ),
    Defect(
        name="cloud-is-told-the-first-version",
        wrong="An updated client goes on telling the cloud the version that a device begins with.",
        path="endpoint/client_version.py",
        good="        return read(machine)\n",
        bad="        return platform_row(machine.spec.platform).client.version or health().product.app_version\n",
        run=(UPDATES,),
        red=(WINDOWS, APT, YUM, MAC),
    ),
    Defect(
        name="package-host-signs-something-else",
        wrong="The signature below the repository's release does not fit it, so that no apt takes anything from there.",
        path="cloud/packages/openpgp.py",
        good="        raw = self._key.sign(digest)\n",
        bad="        raw = self._key.sign(digest[::-1])\n",
        run=(PACKAGE_HOST,),
        red=("test_gpgv_finds_the_repository_signed_with_the_hosts_key",),
    ),
    Defect(
        name="index-holds-another-digest",
        wrong="The repository's index names another file than the package that the host serves.",
        path="cloud/packages/service.py",
        good="{hashlib.sha256(package).hexdigest()}",
        bad="{hashlib.sha256(package[1:]).hexdigest()}",
        run=(PACKAGE_HOST,),
        red=("test_the_release_holds_the_digest_of_the_index_and_the_index_that_of_the_package",),
    ),
)
