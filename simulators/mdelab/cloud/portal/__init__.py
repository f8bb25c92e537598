"""What the Defender portal gives an administrator: packages. The actions themselves are verbs of the lab's control API."""
