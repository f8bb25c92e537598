"""The planted defects of the comparison of backends. What a defect is, `planted` says."""

from planted import Defect

DEFECTS = (
    Defect(
        name="parity-believes-a-row-whatever-came",
        wrong="A scenario that fails in containers is excused because embedded cannot run it.",
        path="report/parity.py",
        good='reason=row.reason if row is not None and is_as_listed else "",',
        bad='reason=row.reason if row is not None else "",',
        run=("tests/report/test_report_parity.py",),
        red=("test_a_row_explains_only_that_one_backend_skips_what_holds_on_the_other[skipped-failed]",),
    ),
    Defect(
        name="parity-passes-with-a-difference",
        wrong="Backends differ, the table says so, and the command ends with 0.",
        path="cli/parity.py",
        good="return _BROKEN if parity.unexplained else 0",
        bad="return 0",
        run=("tests/cli/test_cli_parity.py",),
        red=("test_a_difference_ends_with_1_and_is_told",),
    ),
)
