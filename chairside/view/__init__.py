"""The live view: the clinic as its topics tell it, folded into a picture and drawn in a terminal."""
