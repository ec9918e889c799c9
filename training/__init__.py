"""The workstation's half: data sets, both trainings, evaluation. Modern Python; nothing here runs on the device."""
