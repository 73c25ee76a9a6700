"""The layers, by family. Each lists its public names, which ``tiny_nn`` takes over."""
