"""A module for each command, or for two that are close; and the list of all commands, which imports none of them."""

COMMANDS = {
    "init": ("setup.init:init", "Copy an example scenario that comes with neurosim."),
    "run": ("run:run", "Run a scenario, and keep what it leaves behind."),
    "study": ("study:study", "Run variants of a scenario, many times, in a folder."),
    "watch": ("study:watch", "Show how far a study is, from its folder."),
    "resume": ("resume:resume", "Go on with a run that was interrupted or killed."),
    "compare": ("compare:compare", "Run a file on several backends, and tell if they agree."),
    "simulate": ("simulate:simulate", "Run a plain network, with no tasks."),
    "pretrain": ("networks.pretrain:pretrain", "Train the first task by gradients, into a file."),
    "import-nir": ("networks.nir:import_nir", "Read a graph of NIR as a network, and tell what was chosen."),
    "export-nir": ("networks.nir:export_nir", "Write a network as a graph of NIR, and tell what was lost."),
    "report": ("report:report", "Write a report of runs: one HTML file."),
    "search": ("search:search", "Search the settings of a scenario."),
    "table": ("table:table", "Tell metrics of runs over seeds, as a table."),
    "loihi": ("chips.loihi:loihi", "Tell what a scenario needs of a chip."),
    "map": ("chips.process_map:map_program", "Show a scenario as processes of a backend."),
    "backends": ("setup.install:backends", "List backends, and what is installed."),
    "doctor": ("setup.install:doctor", "Check this machine, and every backend on it."),
    "device": ("chips.device:app", "Calibrate, verify and list devices."),
    "cache": ("setup.cache:app", "List, check and remove compiled programs."),
}
"""Each command's function or group, from this package, and the first line of its own help, so that the list of commands
can be shown before any of them is imported. Each line fits in 80 columns."""
