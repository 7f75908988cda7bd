"""The sections of a report, a module each: from runs to pictures, tables and words."""
