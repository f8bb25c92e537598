"""Values and pure rules that more than one room needs. Nothing here opens a socket or a file."""
