"""The planted defects of the release gate and of the subjects under test. What a defect is, `planted` says."""

from planted import Defect

RARE = "tests/load/test_load_rare_loss.py"

GATE_DEFECTS = (
    Defect(
        name="cloud-loses-one-in-ten-thousand",
        wrong="The cloud acknowledges ten thousand events and stores one less.",
        path="cloud/telemetry.py",
        good="_encode([row.ids for row in rows]).decode()),\n    ).rowcount\n",
        bad="_encode([[one for one in row.ids if next(_SEEN) % 10_000] for row in rows]).decode()),\n    ).rowcount\n"
        "\n\n_SEEN = __import__('itertools').count(1)\n",
        run=(RARE,),
        red=("test_a_load_of_enough_events_shows_a_loss_of_one_in_ten_thousand",),
    ),
)
