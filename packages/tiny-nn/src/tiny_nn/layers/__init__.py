"""The layers. Each family lists its public names, so that a new layer is named in one file."""

from tiny_nn.layers import (
    activation,
    attention,
    batch_norm,
    conv_transpose,
    convolution,
    distance,
    dropout,
    embedding,
    images,
    linear,
    normalization,
    padding,
    piecewise_linear,
    pooling,
    recurrent,
    recurrent_cell,
    reshaping,
    softmax,
    transformer,
)
from tiny_nn.layers.activation import *
from tiny_nn.layers.attention import *
from tiny_nn.layers.batch_norm import *
from tiny_nn.layers.conv_transpose import *
from tiny_nn.layers.convolution import *
from tiny_nn.layers.distance import *
from tiny_nn.layers.dropout import *
from tiny_nn.layers.embedding import *
from tiny_nn.layers.images import *
from tiny_nn.layers.linear import *
from tiny_nn.layers.normalization import *
from tiny_nn.layers.padding import *
from tiny_nn.layers.piecewise_linear import *
from tiny_nn.layers.pooling import *
from tiny_nn.layers.recurrent import *
from tiny_nn.layers.recurrent_cell import *
from tiny_nn.layers.reshaping import *
from tiny_nn.layers.softmax import *
from tiny_nn.layers.transformer import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += batch_norm.__all__
__all__ += conv_transpose.__all__
__all__ += convolution.__all__
__all__ += distance.__all__
__all__ += dropout.__all__
__all__ += embedding.__all__
__all__ += images.__all__
__all__ += linear.__all__
__all__ += normalization.__all__
__all__ += padding.__all__
__all__ += piecewise_linear.__all__
__all__ += pooling.__all__
__all__ += recurrent.__all__
__all__ += recurrent_cell.__all__
__all__ += reshaping.__all__
__all__ += softmax.__all__
__all__ += transformer.__all__
