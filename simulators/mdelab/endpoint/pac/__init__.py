"""PAC files on a device: where they come from, and what they answer.

`engine` is a process of its own that runs a script, `worker` owns that process, `evaluate` asks it with the names that the
script wants to know, `source` fetches and keeps files, `discovery` finds their URL. Nothing is imported here: the engine's
process imports this package and needs none of the others. The rules of the language are in `mdelab.model.pac`.
"""
