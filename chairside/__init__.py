"""What a person types: the command line, the embedded servers, the clinic simulator, the live view."""
