"""How each client family wants to be answered. One folder per dialect, same furniture in each."""
