"""One simulated device: its Machine, the sensor that owns it, the Defender agent, and the programs that run on it."""
