"""The mdelab command: it parses, calls and prints. One small module for each command; what they do lives in the other rooms."""
