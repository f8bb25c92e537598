"""Settings of `mdelab env` that outlived their lab: a shell that has them reaches nothing, and its programs do not say why."""

import os

from mdelab.cli.child import MARK


def stale_settings() -> str:
    """What to tell somebody whose shell leads into a lab that has ended; "" when it does not."""
    lab_id = os.environ.get(MARK)
    if not lab_id:
        return ""
    from mdelab.lab.state import running

    if any(state.id == lab_id for state in running()):
        return ""
    return (
        f"this shell still has the settings of lab {lab_id}, which has ended, so its programs reach neither the lab nor anything "
        'else. Take them away: eval "$(mdelab env --unset)"'
    )
