"""How each switch speaks. One folder per switch, same furniture in each."""
