"""A host of the protocol of devices, and what a device is to do, in plain Python."""
