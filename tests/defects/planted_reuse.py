"""The planted defects of containers that are used again: a trace that a reset does not see. What a defect is, `planted` says."""

from planted import Defect

PRISTINE = "tests/lab/test_lab_pristine.py"

DEFECTS = (
    Defect(
        name="reset-believes-times-that-a-program-can-set",
        wrong="A file that was changed and given its old time back stays changed for the next device.",
        path="lab/remote/pristine.py",
        good="found.st_mode, found.st_ctime_ns\n",
        bad="found.st_mode, found.st_mtime_ns\n",
        run=(PRISTINE,),
        red=("test_a_change_leaves_no_trace[write_and_set_the_time_back]",),
    ),
    Defect(
        name="reset-leaves-new-files",
        wrong="What a device wrote where nothing was is there for the next one.",
        path="lab/remote/pristine.py",
        good="                remove(f\"{path.rstrip('/')}/{name}\")\n",
        bad="                pass\n",
        run=(PRISTINE,),
        red=("test_a_change_leaves_no_trace[new]",),
    ),
)
