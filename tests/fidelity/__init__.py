"""What crosses the bridge: a row for each kind and direction, between a real homeserver and the simulator."""
