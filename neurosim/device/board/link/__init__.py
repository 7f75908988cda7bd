"""The host's side of the wire to a device: lines of bytes, frames in them, calls, and who may use a device.

The protocol is that of ``docs/reference/device-protocol.md``.
"""
