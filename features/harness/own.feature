@RC-14 @RC-15 @basis-documented
Feature: A project of one's own, as QA and a release gate run it
  A folder with a feature is enough: the steps and the lab come with the product. One exit code says whether all promises held, and
  the summary says why.

  Scenario: a broken promise and a slip of the pen decide beside an example that holds
    Given a project that `mdelab new` wrote
    And another feature of the project holds:
      """
      Feature: Licences
        Scenario: a fresh endpoint is licensed
          Given a Linux endpoint lin-1
          Then mdatp health on lin-1 shows:
            | licensed | true |

        Scenario: a fresh endpoint has no licence
          Given a Linus endpoint lin-1
          Then mdatp health on lin-1 shows:
            | licensed | false |
      """
    When a user of the project runs "mdelab verify ."
    Then the run ends with 1
    And its summary counts 2 as passed
    And its summary says "2 scenarios failed"
    And its summary says "licensed was false"
    And its summary says "Given a <platform> endpoint <endpoint>"
