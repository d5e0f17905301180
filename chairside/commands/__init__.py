"""One file a command: its `command` is what runs, or its `app` groups several."""
