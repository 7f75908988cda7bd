"""Programs as the words that a device loads: equations as code, and where everything is."""
