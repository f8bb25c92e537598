"""Devices whose sensor runs in another process: what both sides say, the process's side and the lab's.

The lab keeps the tenant's clock and ledger; a process has a copy of the tenant, whose timers and work the lab mirrors. So the
barrier (`mdelab.lab.time`) stays true over processes.
"""
