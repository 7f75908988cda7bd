"""Commands about chips: what one would make of a scenario, and devices that stand in the place of simulators."""
