"""The planted defects of what a tenant has bought and who may do what in its portal. What a defect is, `planted` says."""

from planted import Defect

TENANTS = "features/licences/tenants.feature"

DEFECTS = (
    Defect(
        name="portal-serves-who-has-bought-nothing",
        wrong="The portal hands out packages to a tenant without a subscription.",
        path="cloud/licence.py",
        good="if not self.entitlement(now).is_subscribed:",
        bad="if False:",
        run=(TENANTS,),
        red=(
            "a Mac can be onboarded once its tenant has signed up for the free trial",
            "an offer without Defender gets no package",
            "after 90 days the free trial gives nothing any more",
        ),
    ),
    Defect(
        name="trial-lets-nobody-in",
        wrong="The free trial is signed up for and gives nothing.",
        path="cloud/licence.py",
        good="return self._tried if",
        bad="return self._bought if",
        run=(TENANTS,),
        red=("a Mac can be onboarded once its tenant has signed up for the free trial",),
    ),
    Defect(
        name="trial-never-ends",
        wrong="The free trial goes on for ever.",
        path="cloud/licence.py",
        good="self.trial_ends is not None and now < self.trial_ends",
        bad="self.trial_ends is not None",
        run=(TENANTS,),
        red=("after 90 days the free trial gives nothing any more",),
    ),
    Defect(
        name="cloud-lets-any-device-in",
        wrong="A device that nothing covers is onboarded all the same.",
        path="cloud/licence.py",
        good="return self.entitlement(now).covers(right)",
        bad="return True",
        run=(TENANTS,),
        red=(
            "a Mac stays without a licence where only servers are licensed",
            "a Linux server is not covered by an offer for clients",
        ),
    ),
    Defect(
        name="offers-cover-no-device",
        wrong="Whatever a tenant buys, its Macs are not covered.",
        path="catalogue/licences.py",
        good="for product in offers()[name].products]",
        bad="for product in offers()[name].products[:0]]",
        run=(TENANTS,),
        red=("a Mac of a tenant with <offer> is licensed", "<offer> includes Plan 2, whose EDR raises the test alert"),
    ),
    Defect(
        name="csp-customers-are-turned-away",
        wrong="A customer of a Cloud Solution Provider gets no package without one of the offers.",
        path="catalogue/licences.py",
        good="for product in way.products]",
        bad="for product in way.products[:0]]",
        run=(TENANTS,),
        red=("a Mac of a Cloud Solution Provider's customer is licensed without any of the offers",),
    ),
    Defect(
        name="plan-1-has-edr",
        wrong="Plan 1 raises the alerts of Plan 2.",
        path="cloud/detection/detector.py",
        good="    return estate.licences.has(feature,",
        bad="    return True or estate.licences.has(feature,",
        run=(TENANTS,),
        red=("Microsoft 365 E3 includes Plan 1, which has the antivirus and no EDR",),
    ),
    Defect(
        name="portal-counts-six-devices",
        wrong="A licensed user may use six devices at a time.",
        path="catalogue/licences.toml",
        good="[user]\ndevices = 5\n",
        bad="[user]\ndevices = 6\n",
        run=(TENANTS,),
        red=("the sixth device that a user uses at a time is outside the licence",),
    ),
    Defect(
        name="portal-opens-for-everybody",
        wrong="A user without a role takes packages from the portal.",
        path="cloud/portal/access.py",
        good="        if not row.opens:\n",
        bad="        if False:\n",
        run=(TENANTS,),
        red=("without access to the portal nobody gets a package for a Mac",),
    ),
)
