"""What a client can ask for, one file each, and the catalogue that describes them."""
