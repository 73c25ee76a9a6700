"""The layers. Each family lists its public names, so that a new layer is named in one file."""

from tiny_nn.layers import (
    activation,
    convolution,
    dropout,
    embedding,
    linear,
    normalization,
    pooling,
    recurrent,
    recurrent_cell,
    reshaping,
)
from tiny_nn.layers.activation import *
from tiny_nn.layers.convolution import *
from tiny_nn.layers.dropout import *
from tiny_nn.layers.embedding import *
from tiny_nn.layers.linear import *
from tiny_nn.layers.normalization import *
from tiny_nn.layers.pooling import *
from tiny_nn.layers.recurrent import *
from tiny_nn.layers.recurrent_cell import *
from tiny_nn.layers.reshaping import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += convolution.__all__
__all__ += dropout.__all__
__all__ += embedding.__all__
__all__ += linear.__all__
__all__ += normalization.__all__
__all__ += pooling.__all__
__all__ += recurrent.__all__
__all__ += recurrent_cell.__all__
__all__ += reshaping.__all__
