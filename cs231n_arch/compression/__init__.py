"""Deep Compression (Han, Mao and Dally 2016, arXiv 1510.00149): pruning, trained quantization, Huffman coding.

The steps, in their order::

    for density in (0.6, 0.45, 0.33):
        prune(net, density)      # the smallest weights of each layer are held at zero
        train(net, ...)          # the others make up for them
    quantize(net, bits=6)        # 64 shared values a layer
    train(net, ...)              # trains the shared values themselves
    save_compressed(net, path)   # Huffman-coded; `load_compressed` gives exactly the same weights
"""

from cs231n_arch.compression.codec import compressed_bytes, load_compressed, save_compressed
from cs231n_arch.compression.fidelity import distil, fidelity, log_probabilities, on_photographs
from cs231n_arch.compression.pruning import density, prune
from cs231n_arch.compression.quantization import SharedWeights, quantize

__all__ = [
    "SharedWeights",
    "compressed_bytes",
    "density",
    "distil",
    "fidelity",
    "load_compressed",
    "log_probabilities",
    "on_photographs",
    "prune",
    "quantize",
    "save_compressed",
]
